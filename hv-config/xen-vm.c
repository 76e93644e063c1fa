#define G_LOG_DOMAIN "hv-xen"

#include "xen-vm.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <glib/gstdio.h>

#include "xen-agent.h"
#include "xen-tools.h"
#include "xen-xl.h"

enum {
	SHUTDOWN_MS = 30000, /* for a guest's system to end in good order */
	DIRECTORY_MODE = 0700,
	DEFAULT_WEIGHT = 256, /* of the hypervisor's scheduler */
};

static const uint64_t mebibyte = UINT64_C(1) << 20;

/* What a domain may use, and what can be changed while it runs. */
struct shares {
	uint32_t weight; /* 0: as others have it */
	uint32_t cap; /* percent of one processor, 0 none */
	uint64_t memory; /* bytes */
};

struct hv_xen_vm {
	char *name;
	char *domain_name; /* or UUID, or #ID */
	bool by_others; /* who start it; Oriel does not */
	uint32_t fixed_domain; /* the id that its file names, 0 none */
	struct shares shares; /* as its file has them */
	struct shares given; /* to the domain that is there, as far as is known; 0 unknown */
	char *notice; /* why the domain has not got its shares, or NULL */
	struct hv_xen_host *host;
	const struct hv_xen_vm_listener *listener;
	void *data;

	enum hv_state state; /* as the listener knows it */
	uint32_t domain; /* 0 none */
	uint32_t seen; /* what there is by its name, of use or not */
	bool starting; /* xl has been told to start it, and has not ended */
	bool stopping;
	bool let_go; /* one of others, which is not to be followed */
	bool crashed;
	int64_t kill_at; /* -1 never */
	char *agent_path; /* watched while there is a domain, or may be one; NULL otherwise */
	bool agent_there;
	GPtrArray *commands; /* of struct command */
};

/* What xl has been told, and has not done yet. */
struct command {
	struct hv_xen_vm *vm; /* NULL once the VM is destroyed */
	char *file; /* of the configuration, removed afterwards; or NULL */
	void (*ended)(struct command *command, const GError *error);
	enum hv_action action;
	hv_action_done done;
	void *data;
};

static void change_state(struct hv_xen_vm *vm, enum hv_state state, const char *reason)
{
	vm->state = state;
	vm->listener->state_changed(vm->data, vm, state, reason);
}

/* Commands. */

static void command_free(struct command *command)
{
	if (command->file != NULL)
		g_remove(command->file);
	g_free(command->file);
	g_free(command);
}

static void handle_end(void *data, const GError *error)
{
	struct command *command = data;
	if (command->vm != NULL)
		g_ptr_array_remove_fast(command->vm->commands, command);
	command->ended(command, error);
	command_free(command);
}

/* The command is taken over. False with an error, and it is gone. */
static bool run(
	struct hv_xen_vm *vm, struct command *command, const char *const *arguments, GError **error)
{
	command->vm = vm;
	if (!hv_xen_host_run_xl(vm->host, arguments, handle_end, command, error)) {
		command_free(command);
		return false;
	}
	g_ptr_array_add(vm->commands, command);
	return true;
}

/* xl VERB [OPTION] ID [FILE] */
static bool run_on_domain(struct hv_xen_vm *vm, struct command *command, const char *verb,
	const char *option, const char *file, GError **error)
{
	g_autofree char *id = g_strdup_printf("%u", vm->domain);
	const char *arguments[5] = { verb };
	size_t count = 1;
	if (option != NULL)
		arguments[count++] = option;
	arguments[count++] = id;
	arguments[count] = file;
	return run(vm, command, arguments, error);
}

static struct command *command_create(void (*ended)(struct command *command, const GError *error))
{
	struct command *command = g_new0(struct command, 1);
	command->ended = ended;
	return command;
}

/* Shares. */

static struct shares read_shares(const struct hv_vm_config *config)
{
	return (struct shares){ config->xen.weight, config->xen.cap, config->memory_limit };
}

static void handle_shared(struct command *command, const GError *error)
{
	struct hv_xen_vm *vm = command->vm;
	if (vm == NULL || vm->domain == 0)
		return;
	g_clear_pointer(&vm->notice, g_free);
	if (error == NULL)
		return;
	g_warning("%s: %s", vm->name, error->message);
	vm->notice = g_strdup_printf(
		"it does not use processors or memory as its file says: %s", error->message);
}

static void share(struct hv_xen_vm *vm, const char *const *arguments)
{
	g_autoptr(GError) error = NULL;
	if (!run(vm, command_create(handle_shared), arguments, &error))
		g_warning("%s: %s", vm->name, error->message);
}

static void share_processors(struct hv_xen_vm *vm)
{
	uint32_t weight = vm->shares.weight != 0 ? vm->shares.weight : DEFAULT_WEIGHT;
	g_autofree char *id = g_strdup_printf("%u", vm->domain);
	g_autofree char *weight_text = g_strdup_printf("%u", weight);
	g_autofree char *cap_text = g_strdup_printf("%u", vm->shares.cap);
	const char *arguments[] = { "sched-credit2", "-d", id, "-w", weight_text, "-c", cap_text,
		NULL };
	share(vm, arguments);
}

static void share_memory(struct hv_xen_vm *vm)
{
	g_autofree char *id = g_strdup_printf("%u", vm->domain);
	g_autofree char *size =
		g_strdup_printf("%" G_GUINT64_FORMAT "m", vm->shares.memory / mebibyte);
	const char *arguments[] = { "mem-set", id, size, NULL };
	share(vm, arguments);
}

/* The memory of a domain that is met as it is may have been changed for a reason. */
static void give_shares(struct hv_xen_vm *vm)
{
	struct shares given = vm->given;
	bool resized = given.memory != 0 && given.memory != vm->shares.memory;
	vm->given = vm->shares;
	if (vm->shares.weight != given.weight || vm->shares.cap != given.cap)
		share_processors(vm);
	if (resized && !vm->by_others)
		share_memory(vm);
}

void hv_xen_vm_tune(struct hv_xen_vm *vm, const struct hv_vm_config *config)
{
	vm->shares = read_shares(config);
	if (vm->domain != 0)
		give_shares(vm);
}

/* The domain. */

static void watch_agent(struct hv_xen_vm *vm, uint32_t domain)
{
	if (vm->agent_path != NULL)
		return;
	vm->agent_path = hv_xen_agent_path(domain);
	if (!hv_xen_host_watch(vm->host, vm->agent_path))
		g_warning("%s: xenstore does not tell when its agent comes: %s", vm->name,
			g_strerror(errno));
}

static void forget_agent(struct hv_xen_vm *vm)
{
	if (vm->agent_path != NULL)
		hv_xen_host_unwatch(vm->host, vm->agent_path);
	g_clear_pointer(&vm->agent_path, g_free);
}

static void take_domain(struct hv_xen_vm *vm, uint32_t domain)
{
	vm->domain = domain;
	vm->crashed = false;
	vm->agent_there = hv_xen_agent_is_there(vm->host, domain);
	watch_agent(vm, domain);
	give_shares(vm);
}

static void drop_domain(struct hv_xen_vm *vm)
{
	g_clear_pointer(&vm->notice, g_free);
	if (vm->fixed_domain == 0)
		forget_agent(vm);
	vm->agent_there = false;
	vm->domain = 0;
	vm->given = (struct shares){ 0 };
	vm->kill_at = -1;
}

static void lose_domain(struct hv_xen_vm *vm)
{
	bool failed = vm->crashed && !vm->stopping && !vm->by_others;
	const char *reason = vm->crashed ? "its system has crashed" : "";
	drop_domain(vm);
	vm->stopping = false;
	change_state(vm, failed ? HV_STATE_FAILED : HV_STATE_STOPPED, reason);
}

/* The domain that is there and of use: one that crashed is to be destroyed by those who started it,
 * which for one of Oriel's own has to be waited for, as its name is taken until then. */
static uint32_t living_domain(struct hv_xen_vm *vm, uint32_t domain)
{
	struct hv_xen_domain_info info;
	if (domain == 0 || !hv_xen_host_domain_info(vm->host, domain, &info))
		return domain;
	vm->crashed = vm->crashed || (info.crashed && domain == vm->domain);
	return info.dying || (info.crashed && vm->by_others) ? 0 : domain;
}

static void kill_domain(struct hv_xen_vm *vm);

void hv_xen_vm_see(struct hv_xen_vm *vm, uint32_t domain)
{
	vm->seen = domain;
	uint32_t living = vm->let_go ? 0 : living_domain(vm, domain);
	if (living == vm->domain)
		return;
	if (vm->domain != 0)
		lose_domain(vm);
	/* what xl is still starting is not to be used before xl has ended */
	if (living == 0 || vm->starting)
		return;
	take_domain(vm, living);
	change_state(vm, vm->stopping ? HV_STATE_STOPPING : HV_STATE_RUNNING, "");
	if (vm->stopping)
		kill_domain(vm);
}

uint32_t hv_xen_vm_find(const struct hv_xen_vm *vm, const struct hv_xen_domains *domains)
{
	if (vm->fixed_domain == 0)
		return hv_xen_domains_find(domains, vm->domain_name);
	return hv_xen_agent_is_there(vm->host, vm->fixed_domain) ? vm->fixed_domain : 0;
}

bool hv_xen_vm_adopt(struct hv_xen_vm *vm, uint32_t domain)
{
	struct hv_xen_domain_info info;
	if (vm->domain != 0 || vm->let_go || vm->starting)
		return vm->domain != 0;
	uint32_t living = living_domain(vm, domain);
	if (living == 0)
		return false;
	take_domain(vm, living);
	bool paused = hv_xen_host_domain_info(vm->host, living, &info) && info.paused;
	vm->state = paused ? HV_STATE_PAUSED : HV_STATE_RUNNING;
	return true;
}

void hv_xen_vm_handle_change(struct hv_xen_vm *vm, const char *path)
{
	if (vm->agent_path == NULL || !g_str_equal(path, vm->agent_path))
		return;
	if (vm->fixed_domain != 0)
		hv_xen_vm_see(vm, hv_xen_vm_find(vm, NULL));
	if (vm->domain == 0)
		return;
	bool was_there = vm->agent_there;
	vm->agent_there = hv_xen_agent_is_there(vm->host, vm->domain);
	if (vm->agent_there && !was_there)
		vm->listener->reachable(vm->data, vm);
}

/* Nothing tells of a domain that others pause: it is seen when somebody looks. */
static void look_for_pause(struct hv_xen_vm *vm, const struct hv_xen_domain_info *info)
{
	if (info->paused && vm->state == HV_STATE_RUNNING)
		change_state(vm, HV_STATE_PAUSED, "");
	else if (!info->paused && vm->state == HV_STATE_PAUSED)
		change_state(vm, HV_STATE_RUNNING, "");
}

/* Stopping. */

static void handle_killed(struct command *command, const GError *error)
{
	if (error == NULL || command->vm == NULL || command->vm->domain == 0)
		return;
	g_warning("%s: %s", command->vm->name, error->message);
	change_state(command->vm, HV_STATE_FAILED, error->message);
}

static void kill_domain(struct hv_xen_vm *vm)
{
	g_autoptr(GError) error = NULL;
	vm->kill_at = -1;
	if (!run_on_domain(vm, command_create(handle_killed), "destroy", NULL, NULL, &error))
		change_state(vm, HV_STATE_FAILED, error->message);
}

static void handle_shut_down(struct command *command, const GError *error)
{
	struct hv_xen_vm *vm = command->vm;
	if (error == NULL || vm == NULL || vm->domain == 0)
		return;
	g_message("%s: it cannot be asked to end, and is destroyed: %s", vm->name, error->message);
	kill_domain(vm);
}

static void ignore_end(struct command *command, const GError *error)
{
	(void)command;
	(void)error;
}

static void shut_down(struct hv_xen_vm *vm, int64_t now)
{
	g_autoptr(GError) error = NULL;
	/* a paused system would never hear of it */
	if (vm->state == HV_STATE_PAUSED)
		run_on_domain(vm, command_create(ignore_end), "unpause", NULL, NULL, NULL);
	vm->stopping = true;
	vm->kill_at = now + SHUTDOWN_MS;
	change_state(vm, HV_STATE_STOPPING, "");
	/* -F: by ACPI where the system has no PV drivers */
	if (!run_on_domain(vm, command_create(handle_shut_down), "shutdown", "-F", NULL, &error))
		change_state(vm, HV_STATE_FAILED, error->message);
}

void hv_xen_vm_stop(struct hv_xen_vm *vm, int64_t now)
{
	if (vm->stopping)
		return;
	if (vm->by_others && vm->domain != 0) {
		drop_domain(vm);
		vm->let_go = true;
		change_state(vm, HV_STATE_STOPPED, "");
	} else if (vm->domain != 0) {
		shut_down(vm, now);
	} else {
		vm->stopping = vm->starting;
	}
}

int64_t hv_xen_vm_deadline(const struct hv_xen_vm *vm)
{
	return vm->kill_at;
}

void hv_xen_vm_handle_timeout(struct hv_xen_vm *vm)
{
	g_message(
		"%s: it has not ended within %d s, and is destroyed", vm->name, SHUTDOWN_MS / 1000);
	kill_domain(vm);
}

/* Starting. */

static void handle_started(struct command *command, const GError *error)
{
	struct hv_xen_vm *vm = command->vm;
	if (vm == NULL)
		return;
	vm->starting = false;
	if (error == NULL) {
		hv_xen_vm_see(vm, vm->seen);
		return;
	}
	vm->stopping = false;
	change_state(vm, HV_STATE_FAILED, error->message);
}

/* The file for xl, in the VM's runtime directory. NULL with an error. */
static char *write_configuration(const struct hv_vm_config *config, GError **error)
{
	g_autofree char *directory =
		g_build_filename(g_get_user_runtime_dir(), "oriel", config->name, NULL);
	g_autofree char *path = g_build_filename(directory, "xl.cfg", NULL);
	g_autofree char *text = hv_xen_xl_render(config);
	g_autoptr(GError) cause = NULL;
	g_mkdir_with_parents(directory, DIRECTORY_MODE);
	if (g_file_set_contents(path, text, -1, &cause))
		return g_steal_pointer(&path);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"cannot write what xl is to be given: %s", cause->message);
	return NULL;
}

static bool follow_again(struct hv_xen_vm *vm, uint32_t domain, GError **error)
{
	vm->let_go = false;
	hv_xen_vm_see(vm, domain);
	if (vm->domain != 0)
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE,
		"its domain %s does not run, and is started by others, as its file says; start it "
		"with xl or virsh, and its windows come by themselves",
		vm->domain_name);
	return false;
}

bool hv_xen_vm_start(struct hv_xen_vm *vm, const struct hv_vm_config *config, uint32_t domain,
	const char *image, GError **error)
{
	if (vm->domain != 0 || vm->starting) {
		g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "it runs already");
		return false;
	}
	if (vm->by_others && image == NULL)
		return follow_again(vm, domain, error);
	g_autofree char *missing = hv_xen_tools_find_missing(config, "");
	if (missing != NULL) {
		g_set_error_literal(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE, missing);
		return false;
	}
	struct command *command = command_create(handle_started);
	/* the image of a domain that others started has its configuration */
	if (!vm->by_others && (command->file = write_configuration(config, error)) == NULL) {
		command_free(command);
		return false;
	}
	const char *create[] = { "create", "-q", command->file, NULL };
	const char *restore[] = { "restore", command->file, image, NULL };
	const char *restore_as_was[] = { "restore", image, NULL };
	const char *const *arguments = image == NULL           ? create
				       : command->file != NULL ? restore
							       : restore_as_was;
	vm->let_go = false;
	vm->shares = vm->given = read_shares(config);
	vm->starting = true;
	vm->starting = run(vm, command, arguments, error);
	if (vm->starting)
		change_state(vm, HV_STATE_STARTING, "");
	return vm->starting;
}

/* Actions. */

static const struct {
	const char *verb;
	enum hv_state state; /* that it needs */
	const char *wrong_state;
} actions[] = {
	[HV_ACTION_PAUSE] = { "pause", HV_STATE_RUNNING, "it does not run" },
	[HV_ACTION_RESUME] = { "unpause", HV_STATE_PAUSED, "it is not paused" },
	[HV_ACTION_SAVE] = { "save", HV_STATE_RUNNING,
		"it does not run; one that is paused has to be resumed first" },
	[HV_ACTION_DESTROY] = { "destroy", HV_STATE_RUNNING, "it does not run" },
};

static void handle_acted(struct command *command, const GError *error)
{
	struct hv_xen_vm *vm = command->vm;
	if (error == NULL && vm != NULL && vm->domain != 0) {
		if (command->action == HV_ACTION_PAUSE)
			change_state(vm, HV_STATE_PAUSED, "");
		else if (command->action == HV_ACTION_RESUME)
			change_state(vm, HV_STATE_RUNNING, "");
	}
	command->done(command->data, error);
}

static bool can_act(const struct hv_xen_vm *vm, enum hv_action action, GError **error)
{
	bool fits =
		action == HV_ACTION_DESTROY ? vm->domain != 0 : vm->state == actions[action].state;
	if (fits && vm->domain != 0)
		return true;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "%s",
		vm->starting ? "it is being started; stopping it ends that"
			     : actions[action].wrong_state);
	return false;
}

bool hv_xen_vm_act(struct hv_xen_vm *vm, enum hv_action action, const char *file,
	hv_action_done done, void *data, GError **error)
{
	struct hv_xen_domain_info info;
	if (vm->domain != 0 && hv_xen_host_domain_info(vm->host, vm->domain, &info))
		look_for_pause(vm, &info);
	if (!can_act(vm, action, error))
		return false;
	struct command *command = command_create(handle_acted);
	command->action = action;
	command->done = done;
	command->data = data;
	return run_on_domain(vm, command, actions[action].verb, NULL, file, error);
}

bool hv_xen_vm_connect(const struct hv_xen_vm *vm, struct hv_endpoint *endpoint, GError **error)
{
	if (vm->domain == 0) {
		g_set_error(
			error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_STATE, "%s does not run", vm->name);
		return false;
	}
	if (!vm->agent_there) {
		g_autofree char *reason = hv_xen_agent_explain(vm->host, vm->domain);
		g_set_error_literal(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_AWAY, reason);
		return false;
	}
	*endpoint = (struct hv_endpoint){ -1, vm->domain, HV_XEN_AGENT_INSTANCE };
	return true;
}

void hv_xen_vm_status(struct hv_xen_vm *vm, struct hv_vm_status *status)
{
	struct hv_xen_domain_info info;
	status->domain = vm->domain;
	if (vm->domain != 0 && hv_xen_host_domain_info(vm->host, vm->domain, &info)) {
		look_for_pause(vm, &info);
		status->cpu_time = info.cpu_time;
		status->memory = info.memory;
	}
	status->notice = g_strdup(vm->notice);
	status->state = vm->state;
}

struct hv_xen_vm *hv_xen_vm_create(const struct hv_vm_config *config, struct hv_xen_host *host,
	const struct hv_xen_vm_listener *listener, void *data)
{
	struct hv_xen_vm *vm = g_new(struct hv_xen_vm, 1);
	*vm = (struct hv_xen_vm){
		.name = g_strdup(config->name),
		.domain_name = g_strdup(hv_xen_domain(config)),
		.by_others = config->xen.domain != NULL,
		.fixed_domain = config->xen.domain_id,
		.shares = read_shares(config),
		.host = host,
		.listener = listener,
		.data = data,
		.state = HV_STATE_STOPPED,
		.kill_at = -1,
		.commands = g_ptr_array_new(),
	};
	if (vm->fixed_domain != 0)
		watch_agent(vm, vm->fixed_domain);
	return vm;
}

void hv_xen_vm_destroy(struct hv_xen_vm *vm)
{
	if (vm == NULL)
		return;
	for (guint i = 0; i < vm->commands->len; i++)
		((struct command *)g_ptr_array_index(vm->commands, i))->vm = NULL;
	g_ptr_array_unref(vm->commands);
	drop_domain(vm);
	forget_agent(vm);
	g_free(vm->name);
	g_free(vm->domain_name);
	g_free(vm);
}

const char *hv_xen_vm_name(const struct hv_xen_vm *vm)
{
	return vm->name;
}

bool hv_xen_vm_fits(const struct hv_xen_vm *vm, const struct hv_vm_config *config)
{
	return g_str_equal(vm->domain_name, hv_xen_domain(config)) &&
	       vm->by_others == (config->xen.domain != NULL);
}
