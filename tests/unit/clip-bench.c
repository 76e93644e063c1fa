#include "clip-bench.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "unit.h"

struct clip_bench bench;

static void player_offer(void *data, enum vp_selection selection, uint32_t offer, uint32_t types)
{
	struct clip_player *player = data;

	player->given[selection].offer = offer;
	player->given[selection].types = types;
	player->given[selection].offers++;
}

static void close_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void player_fetch(void *data, uint32_t stream, int fd, enum vp_selection selection,
	uint32_t offer, uint32_t type, uint32_t max)
{
	struct clip_player *player = data;

	(void)selection;
	close_fd(&player->fetch_fd);
	player->fetches++;
	player->fetch = stream;
	player->fetch_fd = dup(fd);
	player->fetch_offer = offer;
	player->fetch_type = type;
	player->fetch_max = max;
}

static void player_answer(void *data, uint32_t request, uint32_t stream, int fd)
{
	struct clip_player *player = data;

	close_fd(&player->answer_fd);
	player->answers++;
	player->answered = request;
	player->answer = stream;
	player->answer_fd = fd >= 0 ? dup(fd) : -1;
	CU_ASSERT_EQUAL(stream == 0, fd < 0);
}

static void player_cancel(void *data, uint32_t stream, enum hc_transfer_status status)
{
	struct clip_player *player = data;

	player->cancelled = stream;
	player->cancel_status = status;
}

static const struct hc_clip_peer_impl player_impl = {
	.offer = player_offer,
	.fetch = player_fetch,
	.answer = player_answer,
	.cancel = player_cancel,
};

static void handle_tell(void *data, const struct hc_clip_peer *peer, const char *text)
{
	(void)data;
	(void)peer;
	bench.told++;
	g_free(bench.text);
	bench.text = g_strdup(text);
}

static uint32_t handle_copy_files(void *data, const struct hc_clip_peer *source,
	const struct hc_clip_peer *target, const char *const *paths)
{
	(void)data;
	CU_ASSERT_PTR_NOT_EQUAL(source, target);
	g_free(bench.files);
	bench.files = g_strjoinv(";", (char **)(uintptr_t)paths);
	return bench.copy;
}

static void handle_forget_files(void *data, uint32_t copy)
{
	(void)data;
	CU_ASSERT_EQUAL(copy, bench.copy);
	bench.forgotten++;
}

void clip_player_join(struct clip_player *player, uint32_t types)
{
	bool primary = player == &bench.primary;

	player->fetch_fd = player->answer_fd = -1;
	player->peer = hc_clipboard_add_peer(
		bench.clipboard, primary ? NULL : &player->config, &player_impl, player);
	for (int s = 0; s < HC_CLIP_SELECTIONS; s++)
		hc_clipboard_handle_offered(
			player->peer, bench.now, (enum vp_selection)s, 0, types);
}

void clip_bench_begin(const char *rules)
{
	static const struct hc_clipboard_listener listener = {
		.copy_files = handle_copy_files,
		.forget_files = handle_forget_files,
		.tell = handle_tell,
	};

	signal(SIGPIPE, SIG_IGN);
	fake_guard_begin(rules);
	bench = (struct clip_bench){ .now = 100000, .copy = 77 };
	bench.work.config.name = (char *)(uintptr_t) "work";
	bench.personal.config.name = (char *)(uintptr_t) "personal";
	bench.transfers = hc_transfers_create();
	bench.clipboard = hc_clipboard_create(NULL, bench.transfers, &listener, NULL);
	clip_player_join(&bench.work, 0);
	clip_player_join(&bench.personal, 0);
	clip_player_join(&bench.primary, 0);
	clip_bench_settle();
}

static void player_finish(struct clip_player *player)
{
	hc_clipboard_remove_peer(player->peer, bench.now, "the test ends");
	close_fd(&player->fetch_fd);
	close_fd(&player->answer_fd);
}

void clip_bench_end(void)
{
	player_finish(&bench.work);
	player_finish(&bench.personal);
	player_finish(&bench.primary);
	hc_clipboard_destroy(bench.clipboard);
	hc_transfers_destroy(bench.transfers);
	g_free(bench.text);
	g_free(bench.files);
	fake_guard_end();
}

void clip_player_copy(struct clip_player *player, uint32_t offer, uint32_t types)
{
	bench.now += HC_CLIP_QUIET_MS;
	hc_clipboard_handle_offered(player->peer, bench.now, VP_SELECTION_CLIPBOARD, offer, types);
	clip_bench_settle();
}

void clip_player_want(struct clip_player *player, uint32_t request, uint32_t type)
{
	hc_clipboard_handle_wanted(player->peer, bench.now, request, VP_SELECTION_CLIPBOARD,
		player->given[VP_SELECTION_CLIPBOARD].offer, type);
	clip_bench_settle();
}

void clip_player_send(
	struct clip_player *player, const char *content, enum hc_transfer_status status)
{
	size_t len = strlen(content);

	CU_ASSERT_TRUE_FATAL(player->fetch_fd >= 0);
	CU_ASSERT_EQUAL(write(player->fetch_fd, content, len), (ssize_t)len);
	clip_bench_settle();
	close_fd(&player->fetch_fd);
	hc_transfers_handle_ended(
		bench.transfers, player, player->fetch, status, len, "it says so");
	clip_bench_settle();
}

char *clip_player_read(struct clip_player *player)
{
	GString *content = g_string_new(NULL);
	char bytes[4096];
	ssize_t count;

	CU_ASSERT_TRUE_FATAL(player->answer_fd >= 0);
	fcntl(player->answer_fd, F_SETFL, O_NONBLOCK);
	clip_bench_settle();
	while ((count = read(player->answer_fd, bytes, sizeof(bytes))) > 0) {
		g_string_append_len(content, bytes, count);
		clip_bench_settle();
	}
	CU_ASSERT_EQUAL(count, 0);
	close_fd(&player->answer_fd);
	hc_transfers_handle_ended(
		bench.transfers, player, player->answer, HC_TRANSFER_DONE, content->len, "");
	clip_bench_settle();
	return g_string_free(content, FALSE);
}

static bool is_due(int64_t deadline)
{
	return deadline >= 0 && bench.now >= deadline;
}

void clip_bench_settle(void)
{
	struct pollfd poll_fd = { hc_transfers_get_fd(bench.transfers), POLLIN, 0 };

	while (poll(&poll_fd, 1, 0) > 0 || is_due(hc_transfers_deadline(bench.transfers)) ||
		is_due(hc_clipboard_deadline(bench.clipboard))) {
		hc_clipboard_expire(bench.clipboard, bench.now);
		hc_transfers_dispatch(bench.transfers, bench.now);
	}
}
