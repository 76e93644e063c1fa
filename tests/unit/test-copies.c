/* Files that are handed over, by the whole broker: what it tells whom, not their bytes. */
#include "unit.h"

#include <string.h>

#include <gio/gio.h>

#include "broker-bench.h"
#include "copies.h"

#define ALLOW "copy work personal allow\n"
#define SECRET "a secret"
#define NOT_THERE "the primary does not let this VM send files there"

enum { BYTES = 5 };

/* What has been told of the copy. */
static struct {
	int ended;
	char *error;
	int code;
} told;

static void handle_ended(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	(void)data;
	(void)copy;
	CU_ASSERT_EQUAL(result == NULL, error != NULL);
	told.ended++;
	g_free(told.error);
	told.error = g_strdup(error ? error->message : "");
	told.code = error ? error->code : -1;
}

static const struct hc_copy_listener listener = { .ended = handle_ended };

static void begin(const char *policy)
{
	broker_bench_begin(policy);
	told.ended = 0;
}

static void end(void)
{
	broker_bench_end();
	g_clear_pointer(&told.error, g_free);
}

static struct vp_text text(const char *words)
{
	return vp_text_from(words, VP_REASON_MAX);
}

/* From work to personal; the id of the copy, which is that of its streams. */
static uint32_t start(void)
{
	static const char *const paths[] = { "file", NULL };
	static const struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.from = "work",
		.paths = paths,
		.to = "personal",
	};
	uint32_t copy = hc_copies_start(hc_broker_copies(broker), &request, &listener, NULL, NULL);

	CU_ASSERT_NOT_EQUAL_FATAL(copy, 0);
	broker_bench_settle();
	return copy;
}

static void find(uint32_t copy)
{
	broker_bench_say(WORK, HC_LINK_MESSAGE(FILES_FOUND, files_found, .stream = copy,
				       .bytes = BYTES, .entries = 1));
}

/* The receiver's, that it has failed. */
static void fail(uint32_t copy)
{
	broker_bench_say(PERSONAL, HC_LINK_MESSAGE(FILES_UNPACKED, files_unpacked, .stream = copy,
					   .status = VP_STREAM_FAILED, .message = text(SECRET)));
}

static void offer(uint32_t request, const char *to)
{
	broker_bench_say(WORK, HC_LINK_MESSAGE(FILES_OFFER, files_offer, .request = request,
				       .to = vp_text_from(to, VP_NAME_MAX), .bytes = BYTES,
				       .entries = 1, .name = vp_text_from("file", VP_NAME_MAX)));
}

static bool is_answered(uint32_t request, enum vp_stream_status status, const char *words)
{
	struct hc_link_message message;

	return broker_bench_hear(WORK, HC_LINK_OP_FILES_ANSWER, &message) &&
	       message.files_answer.request == request && message.files_answer.status == status &&
	       message.files_answer.message.len == strlen(words) &&
	       memcmp(message.files_answer.message.data, words, strlen(words)) == 0;
}

static void test_both_sides(void)
{
	struct hc_link_message message;
	uint32_t copy;
	begin(ALLOW);
	copy = start();
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(WORK, HC_LINK_OP_FILES_PACK, &message));
	CU_ASSERT_EQUAL(message.files_pack.stream, copy);
	CU_ASSERT_FALSE(broker_bench_hear(PERSONAL, HC_LINK_OP_FILES_UNPACK, &message));
	find(copy);
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(PERSONAL, HC_LINK_OP_FILES_UNPACK, &message));
	CU_ASSERT_EQUAL(message.files_unpack.stream, copy);
	CU_ASSERT_TRUE(broker_bench_hear(PERSONAL, HC_LINK_OP_STREAM_OPEN, &message));
	CU_ASSERT_EQUAL(told.ended, 0);
	end();
}

static void test_words_of_the_receiver(void)
{
	struct hc_link_message message;
	uint32_t copy;
	begin(ALLOW);
	copy = start();
	find(copy);
	fail(copy);
	CU_ASSERT_EQUAL(told.ended, 1);
	CU_ASSERT_STRING_EQUAL(told.error, SECRET);
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(WORK, HC_LINK_OP_STREAM_CANCEL, &message));
	CU_ASSERT_EQUAL(message.stream_cancel.stream, copy);
	CU_ASSERT_EQUAL(message.stream_cancel.message.len, 0);
	end();
}

/* The VM would choose it, in a directory of the user's. */
static void test_unnamed(void)
{
	static const char *const unnamed[] = { ".", "docs/..", "docs/." };
	begin("copy work @primary allow\n");
	for (size_t i = 0; i < G_N_ELEMENTS(unnamed); i++) {
		const char *const paths[] = { "docs", unnamed[i], NULL };
		const struct hc_copy_request request = {
			.service = HV_POLICY_COPY,
			.from = "work",
			.paths = paths,
			.directory = "/home/user",
		};
		g_autoptr(GError) error = NULL;

		CU_ASSERT_EQUAL(hc_copies_start(hc_broker_copies(broker), &request, &listener, NULL,
					&error),
			0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(error);
		CU_ASSERT_PTR_NOT_NULL(strstr(error->message, "does not tell under which name"));
	}
	end();
}

static void test_denied(void)
{
	struct hc_link_message message;
	begin("copy work personal deny\n");
	start();
	CU_ASSERT_EQUAL(told.ended, 1);
	CU_ASSERT_EQUAL(told.code, G_IO_ERROR_PERMISSION_DENIED);
	CU_ASSERT_FALSE(broker_bench_hear(WORK, HC_LINK_OP_FILES_PACK, &message));
	end();
}

static void test_cancelled(void)
{
	struct hc_link_message message;
	uint32_t copy;
	begin(ALLOW);
	copy = start();
	find(copy);
	hc_copies_cancel(hc_broker_copies(broker), copy);
	hc_copies_cancel(hc_broker_copies(broker), copy);
	broker_bench_settle();
	CU_ASSERT_EQUAL(told.ended, 1);
	CU_ASSERT_EQUAL(told.code, G_IO_ERROR_CANCELLED);
	CU_ASSERT_TRUE(broker_bench_hear(WORK, HC_LINK_OP_STREAM_CANCEL, &message));
	CU_ASSERT_TRUE(broker_bench_hear(PERSONAL, HC_LINK_OP_STREAM_CANCEL, &message));
	fail(copy);
	CU_ASSERT_EQUAL(told.ended, 1);
	end();
}

static void test_words_of_strangers(void)
{
	uint32_t copy;
	begin(ALLOW);
	copy = start();
	broker_bench_say(PERSONAL, HC_LINK_MESSAGE(FILES_FOUND, files_found, .stream = copy,
					   .bytes = BYTES, .entries = 1));
	fail(copy);
	CU_ASSERT_EQUAL(told.ended, 0);
	end();
}

static void test_offers(void)
{
	struct hc_link_message message;
	begin(ALLOW);
	offer(5, "personal");
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(WORK, HC_LINK_OP_FILES_TAKE, &message));
	CU_ASSERT_EQUAL(message.files_take.request, 5);
	CU_ASSERT_TRUE_FATAL(broker_bench_hear(PERSONAL, HC_LINK_OP_FILES_UNPACK, &message));
	fail(message.files_unpack.stream);
	CU_ASSERT_TRUE(is_answered(5, VP_STREAM_FAILED, "the receiver has not taken all of it"));
	end();
}

static void test_denied_offers(void)
{
	begin("copy work personal deny\n");
	offer(1, "personal");
	CU_ASSERT_TRUE(is_answered(1, VP_STREAM_DENIED, NOT_THERE));
	offer(2, "nobody");
	CU_ASSERT_TRUE(is_answered(2, VP_STREAM_DENIED, NOT_THERE));
	offer(3, "work");
	CU_ASSERT_TRUE(is_answered(3, VP_STREAM_DENIED, NOT_THERE));
	end();
}

static void test_too_many_offers(void)
{
	begin(ALLOW);
	for (uint32_t request = 1; request <= VP_FILES_REQUESTS_MAX + 1; request++)
		offer(request, "personal");
	CU_ASSERT_TRUE(is_answered(VP_FILES_REQUESTS_MAX + 1, VP_STREAM_DENIED,
		"this VM offers too many files at once: try again in a while"));
	end();
}

static const struct unit_test tests[] = {
	{ "the receiver hears of a copy once the sender has told its size", test_both_sides },
	{ "the words of the receiver reach the user, and not the sender",
		test_words_of_the_receiver },
	{ "what comes to the primary comes under a name that is known before", test_unnamed },
	{ "what is denied is not looked for", test_denied },
	{ "a copy that is cancelled ends once, for both sides", test_cancelled },
	{ "only the sender finds, and nothing is unpacked before that", test_words_of_strangers },
	{ "an offer is taken, and answered without the receiver's words", test_offers },
	{ "offers are denied alike, whether there is such a VM or not", test_denied_offers },
	{ "a VM offers only so much at a time", test_too_many_offers },
};

UNIT_MAIN("hand-overs of files", tests)
