/*
 * The whole broker, of two VMs whose views say arbitrary things in good form, as the desk does,
 * while the user and the guests do this and that. Each step of the input is a byte that chooses
 * what happens, and the bytes that say how. Whatever happens, what the broker says is well-formed.
 */
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "broker-fakes.h"
#include "broker.h"
#include "copies.h"
#include "fuzz.h"
#include "ignore.h"
#include "link-source.h"
#include "tree-remove.h"

enum { STEPS_MAX = 100, TURNS = 3, ICON_PIXEL_BYTES = 4, PIPE_BYTES = 4096 };

static char home[] = "/tmp/fuzz-broker-XXXXXX";
static char *state; /* the directory of what the broker keeps */
static char *menu;

static const char vm_file[] = "[vm]\nlabel=blue\nkeep-alive=10\n";
static const char policy_file[] = "clipboard @any @any allow mode=seamless\n"
				  "primary-selection @any @any allow mode=seamless\n"
				  "copy work personal allow\n"
				  "open-url work @any allow\n"
				  "notify @any @primary allow mode=seamless\n";

static void remove_home(void)
{
	tree_remove(home);
	g_free(state);
	g_free(menu);
}

static void write_file(const char *directory, const char *name, const char *text)
{
	g_autofree char *path = g_build_filename(home, "oriel", directory, NULL);
	g_autofree char *file = g_build_filename(path, name, NULL);

	fuzz_require(
		g_mkdir_with_parents(path, 0700) == 0 && g_file_set_contents(file, text, -1, NULL));
}

void fuzz_prepare(void)
{
	fuzz_require(mkdtemp(home) != NULL);
	state = g_build_filename(home, "state", NULL);
	menu = g_build_filename(home, "menu", NULL);
	g_setenv("XDG_CONFIG_HOME", home, TRUE);
	g_setenv("XDG_RUNTIME_DIR", home, TRUE);
	g_setenv("XDG_STATE_HOME", state, TRUE);
	g_setenv("XDG_DATA_HOME", menu, TRUE);
	g_setenv("XDG_DATA_DIRS", "/nonexistent", TRUE);
	g_setenv("DISPLAY", ":0", TRUE);
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	write_file("vms", "work.vm", vm_file);
	write_file("vms", "personal.vm", vm_file);
	write_file("policy.d", "fuzz.policy", policy_file);
	fuzz_ignore_logs();
	atexit(remove_home);
}

/* What others hear of the broker. */

static void ignore_vm(void *data, struct hc_vm *vm)
{
	(void)data;
	(void)vm;
}

static const struct hc_broker_listener broker_listener = {
	.vm_changed = ignore_vm,
	.windows_changed = ignore_vm,
	.applications_changed = ignore_vm,
};

static void ignore_done(void *data, const GError *error)
{
	(void)data;
	(void)error;
}

static void ignore_launched(void *data, uint32_t launch, int32_t pid, const GError *error)
{
	(void)data;
	(void)launch;
	(void)pid;
	(void)error;
}

static void ignore_answer(void *data, const struct hc_answer *answer, const GError *error)
{
	(void)data;
	fuzz_require((answer == NULL) != (error == NULL));
}

static void ignore_copied(
	void *data, uint32_t copy, const struct hc_copy_result *result, const GError *error)
{
	(void)data;
	(void)copy;
	(void)result;
	(void)error;
}

/* Steps */

static unsigned int next_index(struct fuzz_source *source)
{
	return fuzz_next_byte(source) % FAKE_VIEWS;
}

/* A sealed memfd of so many bytes, as views send their pictures. */
static int make_pixels(size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	fuzz_require(fd >= 0 && ftruncate(fd, (off_t)size) == 0);
	fcntl(fd, F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE);
	return fd;
}

static void say(struct fake_peer *peer, enum hc_link_direction direction, uint16_t op,
	struct fuzz_source *source)
{
	struct hc_link_message message;
	size_t size = 0;
	int fd;

	if (!peer || !fuzz_fill_link(&message, direction, op, source))
		return;
	if (hc_link_send(peer->link, &message, -1))
		return;
	if (message.op == HC_LINK_OP_APPLICATION_ICON)
		size = (size_t)message.application_icon.size * message.application_icon.size *
		       ICON_PIXEL_BYTES;
	fd = make_pixels(size);
	(void)hc_link_send(peer->link, &message, fd);
	close(fd);
}

/* A descriptor that the broker has given is read from, written to or closed; two of these fail. */
static void use_file(struct fake_peer *peer, struct fuzz_source *source)
{
	static uint8_t data[PIPE_BYTES];
	int *fd;
	uint8_t how = fuzz_next_byte(source);

	if (!peer)
		return;
	fd = &peer->files[how % FAKE_FILES];
	if (*fd < 0)
		return;
	fcntl(*fd, F_SETFL, O_NONBLOCK);
	if ((how & 0x80) != 0) {
		close(*fd);
		*fd = -1;
	} else if (read(*fd, data, sizeof(data)) < 0 && write(*fd, data, how) < 0) {
		return;
	}
}

static void answer_question(struct fuzz_source *source)
{
	struct fake_peer *desk = fake_desk_peer();
	uint32_t question = fake_desk_question();

	if (desk && question != 0)
		hc_link_send(desk->link,
			HC_LINK_MESSAGE(QUESTION_ANSWERED, question_answered, .id = question,
				.answer = fuzz_next_byte(source) % 3),
			-1);
}

static void copy_files(struct hc_broker *broker, unsigned int index)
{
	static const struct hc_copy_listener listener = { .ended = ignore_copied };
	static const char *const paths[] = { "/tmp/a", "b", NULL };
	static const char *const vms[FAKE_VIEWS + 1] = { "personal", "work", NULL };
	const struct hc_copy_request request = {
		.service = HV_POLICY_COPY,
		.from = vms[index],
		.paths = paths,
		.to = vms[index + 1],
		.directory = home,
	};
	g_autoptr(GError) error = NULL;

	hc_copies_start(hc_broker_copies(broker), &request, &listener, NULL, &error);
}

/* What the user does, by the command line. */
static void act(struct hc_broker *broker, struct fuzz_source *source)
{
	enum { RUN, START, STOP, ASK, TAKE, GIVE, PUBLISH, COPY, RELOAD, ACTS };
	static const uint8_t arguments[] = "true";
	unsigned int index = next_index(source);
	uint8_t what = fuzz_next_byte(source);
	struct hc_vm *vm = g_ptr_array_index(hc_broker_vms(broker), index);
	int64_t now = hc_broker_now();

	switch (what % ACTS) {
	case RUN:
		hc_vm_run(vm, now, "a", arguments, sizeof(arguments), "", ignore_launched, NULL);
		break;
	case START:
		hc_vm_start(vm, now, ignore_done, NULL);
		break;
	case STOP:
		hc_vm_stop(vm, now, ignore_done, NULL);
		break;
	case ASK:
		hc_vm_ask(vm, now, (enum hc_request_kind)(fuzz_next_byte(source) % 4), 1,
			ignore_answer, NULL);
		break;
	case TAKE:
		hc_hand_over_take(hc_broker_hand_over(broker), vm, NULL);
		break;
	case GIVE:
		hc_hand_over_give(hc_broker_hand_over(broker), now, vm, NULL);
		break;
	case PUBLISH:
		hc_menu_publish(hc_broker_menu(broker), hc_vm_config(vm)->name, "a",
			(what & 0x80) != 0, now, NULL);
		break;
	case COPY:
		copy_files(broker, index);
		break;
	case RELOAD:
		hc_broker_reload(broker);
		break;
	}
}

/* Until the next deadline, or for a while. */
static void pass_time(struct hc_broker *broker, struct fuzz_source *source)
{
	int64_t ms = fuzz_next_byte(source);
	int64_t deadline = hc_broker_deadline(broker);

	if (ms == 0 && deadline > hc_broker_now())
		ms = deadline - hc_broker_now();
	fake_clock_advance(ms);
}

static void turn(struct hc_broker *broker)
{
	for (int i = 0; i < TURNS; i++) {
		hc_broker_dispatch(broker);
		while (g_main_context_iteration(NULL, FALSE)) {
		}
		for (unsigned int k = 0; k < FAKE_VIEWS; k++) {
			if (fake_view_peer(k))
				fake_peer_read(fake_view_peer(k));
		}
		if (fake_desk_peer())
			fake_peer_read(fake_desk_peer());
	}
}

/* The opcodes of a view's messages have the first of these bits, those of the desk's both. */
enum { VIEW_OP = 0x80, DESK_OP = 0x180, DESK = 0x40 };

static void step(struct hc_broker *broker, struct fuzz_source *source)
{
	enum { FILES, ANSWER, TIME, ACT, GUEST, END_VIEW, END_DESK };
	uint8_t what = fuzz_next_byte(source);

	if ((what & VIEW_OP) != 0)
		say(fake_view_peer(next_index(source)), HC_LINK_TO_BROKER, what, source);
	else if ((what & DESK) != 0)
		say(fake_desk_peer(), HC_LINK_FROM_DESK, (uint16_t)(DESK_OP | (what & ~DESK)),
			source);
	switch (what) {
	case FILES:
		use_file(fake_view_peer(next_index(source)), source);
		break;
	case ANSWER:
		answer_question(source);
		break;
	case TIME:
		pass_time(broker, source);
		break;
	case ACT:
		act(broker, source);
		break;
	case GUEST:
		fake_guest_change(next_index(source),
			(enum fake_change)(fuzz_next_byte(source) % FAKE_CHANGES));
		break;
	case END_VIEW:
		fake_view_end(next_index(source));
		break;
	case END_DESK:
		fake_desk_end();
		break;
	}
	turn(broker);
}

/* Both sessions are there. */
static void begin_sessions(struct hc_broker *broker)
{
	turn(broker);
	for (unsigned int i = 0; i < FAKE_VIEWS; i++) {
		fuzz_require(fake_view_peer(i) != NULL);
		hc_link_send(fake_view_peer(i)->link,
			HC_LINK_MESSAGE(SESSION_READY, session_ready, .agent = 1), -1);
	}
	turn(broker);
}

/* Whoever waits for a VM is told. */
static void end_vms(struct hc_broker *broker)
{
	const GPtrArray *vms = hc_broker_vms(broker);

	for (guint i = 0; i < vms->len; i++)
		hc_vm_stop(g_ptr_array_index(vms, i), hc_broker_now(), ignore_done, NULL);
	turn(broker);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct hc_broker_programs programs = { "view", "desk", "screen",
		"/bin/oriel" };
	struct fuzz_source source = { data, size };
	struct hc_broker *broker;

	fake_broker_begin();
	broker = hc_broker_create(&programs, &broker_listener, NULL, NULL);
	fuzz_require(broker != NULL && hc_broker_vms(broker)->len == FAKE_VIEWS);
	begin_sessions(broker);
	for (int i = 0; i < STEPS_MAX && source.left > 0; i++)
		step(broker, &source);
	end_vms(broker);
	hc_broker_destroy(broker);
	tree_remove(state);
	tree_remove(menu);
	return 0;
}
