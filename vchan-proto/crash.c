#include "crash.h"

#include <execinfo.h>
#include <fcntl.h>
#include <limits.h>
#include <link.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

enum {
	MODULES_MAX = 64,
	MODULE_NAME_MAX = 48,
	BUILD_ID_MAX = 20,
	FRAMES_MAX = 32,
	PART_BYTES_MAX = VP_CRASH_BYTES_MAX / 2,
	HANDLER_STACK = 64 * 1024,
	NEAR_NULL = 64 * 1024, /* an offset from a null pointer, most likely */
	NEAR_STACK = 1024 * 1024,
};

/* A file that is loaded. */
struct module {
	uintptr_t base; /* what offsets are from */
	uintptr_t start;
	uintptr_t end;
	char name[MODULE_NAME_MAX];
	uint8_t build_id[BUILD_ID_MAX];
	size_t build_id_len;
};

/* A signal handler has nothing but what is global. */
static struct {
	const char *program;
	int64_t started; /* seconds of CLOCK_MONOTONIC */
	struct module modules[MODULES_MAX];
	size_t modules_len;
	char path[PATH_MAX];
	int fd;
	void (*write)(int fd, const char *text, size_t len);
	uint8_t stack[HANDLER_STACK];
} crash = { .fd = -1 };

struct part {
	char text[PART_BYTES_MAX];
	size_t len;
	bool used[MODULES_MAX]; /* those that it names */
};

/* Text, without what a signal handler must not call */

static void put(struct part *part, const char *text)
{
	size_t len = strlen(text);
	if (len > sizeof(part->text) - part->len)
		len = sizeof(part->text) - part->len;
	memcpy(part->text + part->len, text, len);
	part->len += len;
}

static void put_number(struct part *part, uint64_t number, unsigned int base)
{
	char digits[24];
	size_t at = sizeof(digits) - 1;
	digits[at] = '\0';
	do
		digits[--at] = "0123456789abcdef"[number % base];
	while ((number /= base) != 0);
	put(part, digits + at);
}

static void put_line(struct part *part, const char *key, uint64_t number)
{
	put(part, key);
	put(part, " ");
	put_number(part, number, 10);
	put(part, "\n");
}

static bool put_in_module(struct part *part, uintptr_t address)
{
	for (size_t i = 0; i < crash.modules_len; i++) {
		const struct module *module = &crash.modules[i];
		if (address < module->start || address >= module->end)
			continue;
		part->used[i] = true;
		put(part, module->name);
		put(part, "+0x");
		put_number(part, address - module->base, 16);
		return true;
	}
	return false;
}

static void put_code(struct part *part, const char *key, uintptr_t address)
{
	put(part, key);
	put(part, " ");
	if (!put_in_module(part, address))
		put(part, "elsewhere");
	put(part, "\n");
}

static void put_build_ids(struct part *part)
{
	for (size_t i = 0; i < crash.modules_len; i++) {
		const struct module *module = &crash.modules[i];
		if (!part->used[i] || module->build_id_len == 0)
			continue;
		put(part, "build ");
		put(part, module->name);
		put(part, " ");
		for (size_t j = 0; j < module->build_id_len; j++) {
			put_number(part, module->build_id[j] >> 4, 16);
			put_number(part, module->build_id[j] & 0xf, 16);
		}
		put(part, "\n");
	}
}

/* Where it happened */

struct place {
	uintptr_t code; /* 0: not known on this kind of processor */
	uintptr_t stack;
};

static struct place find_place(const void *context)
{
	const ucontext_t *user = context;
	(void)user;
#if defined(__x86_64__)
	return (struct place){ (uintptr_t)user->uc_mcontext.gregs[REG_RIP],
		(uintptr_t)user->uc_mcontext.gregs[REG_RSP] };
#elif defined(__aarch64__)
	return (struct place){ user->uc_mcontext.pc, user->uc_mcontext.sp };
#else
	return (struct place){ 0, 0 };
#endif
}

static bool is_fault(int signal, const siginfo_t *info)
{
	return (signal == SIGSEGV || signal == SIGBUS) && info->si_code > 0;
}

/* What it wanted to read or write, as far as that says nothing of what was there. */
static void put_fault(struct part *part, uintptr_t address, const struct place *place)
{
	put(part, "address ");
	if (address < NEAR_NULL) {
		put(part, "0x");
		put_number(part, address, 16);
	} else if (place->stack != 0 && address - place->stack + NEAR_STACK < 2 * NEAR_STACK) {
		put(part, "stack");
	} else if (!put_in_module(part, address)) {
		put(part, "elsewhere");
	}
	put(part, "\n");
}

static int64_t clock_seconds(void)
{
	struct timespec now = { 0 };
	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec;
}

static void put_head(
	struct part *part, int signal, const siginfo_t *info, const struct place *place)
{
	put(part, "program ");
	put(part, crash.program);
	put(part, " " ORIEL_VERSION "\n");
	put_line(part, "signal", (uint64_t)signal);
	if (info->si_code > 0)
		put_line(part, "code", (uint64_t)info->si_code);
	put_line(part, "seconds", (uint64_t)(clock_seconds() - crash.started));
	if (place->code != 0)
		put_code(part, "at", place->code);
	if (is_fault(signal, info))
		put_fault(part, (uintptr_t)info->si_addr, place);
}

/* The first frames are the handler's own. */
static void put_frames(struct part *part, const struct place *place)
{
	void *frames[FRAMES_MAX];
	int count = backtrace(frames, FRAMES_MAX);
	int first = 0;
	while (first < count && (uintptr_t)frames[first] != place->code)
		first++;
	for (int i = first < count ? first : 0; i < count; i++)
		put_code(part, "frame", (uintptr_t)frames[i]);
}

static void emit(int fd, const struct part *part)
{
	size_t done = 0;
	if (crash.fd != -1)
		crash.write(crash.fd, part->text, part->len);
	while (fd != -1 && done < part->len) {
		ssize_t written = write(fd, part->text + done, part->len - done);
		if (written <= 0)
			return;
		done += (size_t)written;
	}
}

static void handle_crash(int signal, siginfo_t *info, void *context)
{
	const struct place place = find_place(context);
	struct part part = { .len = 0 };
	int fd = crash.path[0] != '\0'
			 ? open(crash.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
			 : -1;
	put_head(&part, signal, info, &place);
	emit(fd, &part);
	part.len = 0;
	put_frames(&part, &place);
	put_build_ids(&part);
	emit(fd, &part);
	/* Its own action again: SA_RESETHAND. */
	raise(signal);
}

/* Making ready */

static void take_build_id(
	struct module *module, const struct dl_phdr_info *info, const ElfW(Phdr) * header)
{
	const uint8_t *at = (const uint8_t *)(info->dlpi_addr + header->p_vaddr);
	const uint8_t *end = at + header->p_memsz;
	while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
		ElfW(Nhdr) note;
		memcpy(&note, at, sizeof(note));
		size_t name = (note.n_namesz + 3U) & ~3U;
		size_t content = (note.n_descsz + 3U) & ~3U;
		at += sizeof(note);
		if (name + content > (size_t)(end - at))
			return;
		if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == sizeof("GNU") &&
			memcmp(at, "GNU", sizeof("GNU")) == 0 && note.n_descsz <= BUILD_ID_MAX) {
			memcpy(module->build_id, at + name, note.n_descsz);
			module->build_id_len = note.n_descsz;
			return;
		}
		at += name + content;
	}
}

static void take_name(struct module *module, const char *path)
{
	const char *slash = strrchr(path, '/');
	const char *name = path[0] == '\0' ? crash.program : slash != NULL ? slash + 1 : path;
	strncpy(module->name, name, sizeof(module->name) - 1);
}

static int take_module(struct dl_phdr_info *info, size_t size, void *data)
{
	(void)size;
	(void)data;
	if (crash.modules_len == MODULES_MAX)
		return 1;
	struct module *module = &crash.modules[crash.modules_len++];
	*module = (struct module){ .base = info->dlpi_addr, .start = UINTPTR_MAX };
	take_name(module, info->dlpi_name);
	for (size_t i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + header->p_vaddr;
		if (header->p_type == PT_NOTE && module->build_id_len == 0)
			take_build_id(module, info, header);
		if (header->p_type != PT_LOAD)
			continue;
		module->start = start < module->start ? start : module->start;
		module->end = start + header->p_memsz > module->end ? start + header->p_memsz
								    : module->end;
	}
	return 0;
}

static void handle(int signal)
{
	struct sigaction before;
	struct sigaction action = {
		.sa_sigaction = handle_crash,
		.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER,
	};
	sigemptyset(&action.sa_mask);
	if (sigaction(signal, NULL, &before) == 0 && before.sa_handler == SIG_DFL)
		sigaction(signal, &action, NULL);
}

void vp_crash_install(const char *program)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT, SIGSYS, SIGTRAP };
	const stack_t stack = { .ss_sp = crash.stack, .ss_size = sizeof(crash.stack) };
	void *frame;
	crash.program = program;
	crash.started = clock_seconds();
	dl_iterate_phdr(take_module, NULL);
	/* The first call loads what later ones need. */
	backtrace(&frame, 1);
	if (sigaltstack(&stack, NULL) != 0)
		return;
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
		handle(signals[i]);
}

void vp_crash_report_to_file(const char *path)
{
	size_t len = strlen(path);
	if (len < sizeof(crash.path))
		memcpy(crash.path, path, len + 1);
}

void vp_crash_report_to(int fd, void (*write)(int fd, const char *text, size_t len))
{
	crash.write = write;
	crash.fd = fd;
}
