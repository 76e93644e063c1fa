#include <string.h>

#include "files.h"
#include "relay.h"
#include "unit.h"

static void test_to_guest(void)
{
	struct vp_message told;
	const uint8_t paths[] = "a\0b";
	CU_ASSERT_TRUE_FATAL(
		hc_relay_to_guest(HC_LINK_MESSAGE(FILES_PACK, files_pack, .stream = 7,
					  .max_bytes = 9, .paths = { paths, sizeof(paths) }),
			&told));
	CU_ASSERT_EQUAL(told.op, VP_OP_FILES_PACK);
	CU_ASSERT_EQUAL(told.files_pack.stream, 7);
	CU_ASSERT_EQUAL(told.files_pack.max_bytes, 9);
	CU_ASSERT_PTR_EQUAL(told.files_pack.paths.data, paths);
	CU_ASSERT_FALSE(hc_relay_to_guest(HC_LINK_MESSAGE(QUIT, quit, 0), &told));
}

static void test_to_broker(void)
{
	struct hc_link_message told;
	CU_ASSERT_TRUE_FATAL(hc_relay_to_broker(
		VP_MESSAGE(FILES_UNPACKED, files_unpacked, .stream = 7, .status = VP_STREAM_FAILED,
			.message = vp_text_from("full", 4)),
		&told));
	CU_ASSERT_EQUAL(told.op, HC_LINK_OP_FILES_UNPACKED);
	CU_ASSERT_EQUAL(told.files_unpacked.status, VP_STREAM_FAILED);
	CU_ASSERT_EQUAL(told.files_unpacked.message.len, 4);
	CU_ASSERT_FALSE(hc_relay_to_broker(VP_MESSAGE(BELL, bell, .percent = 1), &told));
}

static bool offer(struct hc_files *files, uint32_t request)
{
	return hc_files_admit(
		files, VP_MESSAGE(FILES_OFFER, files_offer, .request = request,
			       .to = vp_text_from("work", VP_NAME_MAX), .entries = 1));
}

static void test_unanswered(void)
{
	struct hc_files files = { 0 };
	for (uint32_t request = 1; request <= VP_FILES_REQUESTS_MAX; request++)
		CU_ASSERT_TRUE(offer(&files, request));
	CU_ASSERT_FALSE(offer(&files, 100));
	for (uint32_t request = 1; request < VP_FILES_REQUESTS_MAX; request++)
		hc_files_note_answer(
			&files, HC_LINK_MESSAGE(FILES_ANSWER, files_answer, .request = request));
	CU_ASSERT_EQUAL(hc_files_take_offer(&files), VP_FILES_REQUESTS_MAX);
	CU_ASSERT_EQUAL(hc_files_take_offer(&files), 0);
}

static const struct unit_test tests[] = {
	{ "what the broker says of files goes to the guest as it is", test_to_guest },
	{ "what the guest says of files goes to the broker as it is", test_to_broker },
	{ "offers that nobody has answered are known, and bounded", test_unanswered },
};

UNIT_MAIN("files in the view", tests)
