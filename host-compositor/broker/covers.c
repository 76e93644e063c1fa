#define G_LOG_DOMAIN "hc-covers"

#include "covers.h"

#include <string.h>

struct cover {
	struct hc_covers *covers;
	char *vm;
	uint32_t window;
	uint32_t states;
	uint32_t request; /* of the guard, while the user is being asked */
};

struct hc_covers {
	struct hc_guard *guard;
	const struct hc_covers_listener *listener;
	void *data;
	GPtrArray *asked; /* of struct cover: those that wait for the user */
};

static void cover_free(void *data)
{
	struct cover *cover = data;

	g_free(cover->vm);
	g_free(cover);
}

struct hc_covers *hc_covers_create(
	struct hc_guard *guard, const struct hc_covers_listener *listener, void *data)
{
	struct hc_covers *covers = g_new0(struct hc_covers, 1);

	covers->guard = guard;
	covers->listener = listener;
	covers->data = data;
	covers->asked = g_ptr_array_new_with_free_func(cover_free);
	return covers;
}

void hc_covers_destroy(struct hc_covers *covers)
{
	if (!covers)
		return;
	g_ptr_array_unref(covers->asked);
	g_free(covers);
}

static void handle_decided(
	void *data, uint32_t id, const struct hv_policy_decision *decision, const GError *denial)
{
	struct cover *cover = data;
	struct hc_covers *covers = cover->covers;

	if (decision)
		hc_guard_finish(covers->guard, id, &(struct hc_guard_outcome){ 0 });
	else
		g_message("%s", denial->message);
	covers->listener->answered(
		covers->data, cover->vm, cover->window, cover->states, decision != NULL);
	if (!g_ptr_array_remove(covers->asked, cover))
		cover_free(cover);
}

void hc_covers_request(struct hc_covers *covers, int64_t now, const struct hv_vm_config *vm,
	uint32_t window, uint32_t states)
{
	const struct hv_policy_request request = {
		.service = HV_POLICY_FULLSCREEN,
		.from = hc_guard_peer(vm),
		.to = hc_guard_peer(NULL),
	};
	struct cover *cover = g_new0(struct cover, 1);
	uint32_t id;

	*cover = (struct cover){ covers, g_strdup(vm->name), window, states, 0 };
	id = hc_guard_request(covers->guard, now, &request, NULL, handle_decided, cover);
	if (id == 0)
		return;
	cover->request = id;
	g_ptr_array_add(covers->asked, cover);
}

void hc_covers_forget(struct hc_covers *covers, int64_t now, const char *vm)
{
	guint i = 0;

	while (i < covers->asked->len) {
		const struct cover *cover = g_ptr_array_index(covers->asked, i);

		if (strcmp(cover->vm, vm) == 0) {
			hc_guard_withdraw(covers->guard, now, cover->request);
			g_ptr_array_remove_index(covers->asked, i);
		} else {
			i++;
		}
	}
}
