/*
 * What vm.c, which decides, shares with vm-view.c, which speaks with the view.
 */
#pragma once

#include "backoff.h"
#include "launches.h"
#include "rate.h"
#include "view-process.h"
#include "vm.h"
#include "waiters.h"

#define HC_NEVER INT64_MAX

enum { HC_RESTARTS_MAX = 3 };

enum hc_session_state { HC_SESSION_NONE, HC_SESSION_CONNECTING, HC_SESSION_READY };

struct hc_vm {
	struct hv_vm_config *config;
	struct hv_driver *driver;
	struct hc_display *display;
	const struct hc_vm_listener *listener;
	void *data;
	int64_t now; /* of the call that is being served */

	enum hv_state state; /* of the whole */
	char *reason;
	struct hc_waiters *starters; /* told when it runs or cannot */
	struct hc_waiters *stoppers; /* told when it has stopped */
	int64_t start_deadline;
	char *image; /* that the start under way is to go on from, or NULL */
	bool boots_alone; /* a start that does not wait for an agent */
	bool asking; /* the display, before guest or view is started */

	enum hv_state guest; /* what the driver says */
	bool guest_returned; /* it runs without having been asked to */
	int64_t guest_start_at; /* when STARTING the guest is to be started; -1: it has been */
	struct hc_backoff guest_backoff; /* of starts that nobody has asked for */
	int64_t restarts[HC_RESTARTS_MAX]; /* times of the last ones, in a ring; 0: never */
	uint32_t restart_count;
	uint64_t agent; /* of the last session; another one knows nothing of our launches */

	struct hc_view_process *view;
	bool view_ready;
	struct hv_shortcut leave_keys; /* without a key until they are set */
	int64_t view_start_at;
	struct hc_backoff view_backoff;
	char *view_reason; /* why the last one ended */

	enum hc_session_state session;
	uint32_t closings_due; /* ends that the view has yet to tell, of sessions given up here */
	char *session_reason; /* why there is none, or NULL */
	int64_t connect_at;
	struct hc_backoff connect_backoff; /* with this guest */

	struct hc_rate covers; /* asked for */
	bool covers_refused; /* as there were too many */
	struct hc_rate silences; /* told */
	struct hc_rate lines; /* for the log */
	bool lines_dropped; /* as there were too many */

	struct hc_launches *launches;
	struct hc_requests *requests;
	bool had_windows; /* since the guest's start, as far as is known */
	guint holders; /* of hc_vm_hold() */
	int64_t keep_alive_deadline; /* -1: there are windows, or there never were */
};

extern const struct hc_view_process_listener hc_vm_view_listener;

/* In vm.c. */

/* True while it is to be there. */
bool hc_vm_wanted(const struct hc_vm *vm);

void hc_vm_change_state(struct hc_vm *vm, enum hv_state state, const char *reason);

/* Ends the guest and the view of one that is wanted. */
void hc_vm_begin_stop(struct hc_vm *vm);

/* In vm-view.c. */

/* There is no session any more. */
void hc_vm_forget_session(struct hc_vm *vm);

/* As above, because the guest is gone, which the view does not notice by itself. */
void hc_vm_end_session(struct hc_vm *vm, const char *reason);

/* True if a session can be begun, and is due at vm->connect_at. */
bool hc_vm_can_connect(const struct hc_vm *vm);

/* Begins a session if one is due. */
void hc_vm_tend_session(struct hc_vm *vm);

/* Tells the view whether the guest is paused. */
void hc_vm_show_pause(struct hc_vm *vm);
