#define G_LOG_DOMAIN "hc-dbus"

#include "dbus-menu.h"

#include "dbus-call.h"

/* A list that is answered when the guests concerned have told theirs anew. */
struct listing {
	struct hc_broker *broker;
	GDBusMethodInvocation *invocation;
	GPtrArray *vms; /* of char *: names */
	guint left; /* answers; the one who asks counts as one */
};

static struct listing *listing_create(struct hc_broker *broker, GDBusMethodInvocation *invocation)
{
	struct listing *listing = g_new0(struct listing, 1);

	listing->broker = broker;
	listing->invocation = invocation;
	listing->vms = g_ptr_array_new_with_free_func(g_free);
	listing->left = 1;
	return listing;
}

static void listing_free(struct listing *listing)
{
	g_ptr_array_unref(listing->vms);
	g_free(listing);
}

static void answer(const struct listing *listing)
{
	struct hc_menu *menu = hc_broker_menu(listing->broker);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	GVariant *array;

	for (guint i = 0; i < listing->vms->len; i++)
		hc_menu_list(menu, g_ptr_array_index(listing->vms, i), rows, hc_broker_now());
	array = g_variant_new_array(
		G_VARIANT_TYPE_VARDICT, (GVariant *const *)rows->pdata, rows->len);
	g_dbus_method_invocation_return_value(
		listing->invocation, g_variant_new("(@aa{sv})", array));
}

static void listing_release(struct listing *listing)
{
	if (--listing->left > 0)
		return;
	answer(listing);
	listing_free(listing);
}

/* A guest that does not answer is taken as it was known. */
static void handle_listed(void *data, const struct hc_answer *ignored, const GError *error)
{
	(void)ignored;
	if (error)
		g_message("%s", error->message);
	listing_release(data);
}

static void list_vm(struct listing *listing, struct hc_vm *vm)
{
	g_ptr_array_add(listing->vms, g_strdup(hc_vm_config(vm)->name));
	listing->left++;
	hc_vm_ask(vm, hc_broker_now(), HC_REQUEST_APPLICATIONS, 0, handle_listed, listing);
}

static void handle_started(void *data, const GError *error)
{
	struct listing *listing = data;
	g_autofree char *name = g_ptr_array_steal_index(listing->vms, 0);
	g_autoptr(GError) gone = NULL;
	struct hc_vm *vm = error ? NULL : hc_broker_find(listing->broker, name, &gone);

	if (vm) {
		list_vm(listing, vm);
		listing_release(listing);
		return;
	}
	hc_dbus_call_fail(listing->invocation, error ? error : gone);
	listing_free(listing);
}

static void list_one(struct listing *listing, struct hc_vm *vm)
{
	const char *name = hc_vm_config(vm)->name;

	if (hc_menu_knows(hc_broker_menu(listing->broker), name)) {
		list_vm(listing, vm);
		listing_release(listing);
		return;
	}
	g_ptr_array_add(listing->vms, g_strdup(name));
	hc_vm_start(vm, hc_broker_now(), handle_started, listing);
}

static gboolean handle_list_applications(
	HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation, const char *name, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	g_autoptr(GError) error = NULL;
	struct hc_vm *vm = NULL;
	const GPtrArray *vms;
	struct listing *listing;

	(void)skeleton;
	hc_broker_reload(broker);
	if (*name && !(vm = hc_broker_find(broker, name, &error))) {
		hc_dbus_call_fail(invocation, error);
		return TRUE;
	}
	listing = listing_create(broker, invocation);
	if (vm) {
		list_one(listing, vm);
		return TRUE;
	}
	vms = hc_broker_vms(broker);
	for (guint i = 0; i < vms->len; i++)
		list_vm(listing, g_ptr_array_index(vms, i));
	listing_release(listing);
	return TRUE;
}

static gboolean handle_publish(HcDbusBroker1 *skeleton, GDBusMethodInvocation *invocation,
	const char *name, const char *application, gboolean published, void *data)
{
	struct hc_broker *broker = *(struct hc_broker **)data;
	g_autoptr(GError) error = NULL;

	hc_broker_reload(broker);
	if (hc_broker_find(broker, name, &error) &&
		hc_menu_publish(hc_broker_menu(broker), name, application, published,
			hc_broker_now(), &error))
		hc_dbus_broker1_complete_publish(skeleton, invocation);
	else
		hc_dbus_call_fail(invocation, error);
	return TRUE;
}

void hc_dbus_menu_connect(HcDbusBroker1 *skeleton, struct hc_broker **broker)
{
	g_signal_connect(
		skeleton, "handle-list-applications", G_CALLBACK(handle_list_applications), broker);
	g_signal_connect(skeleton, "handle-publish", G_CALLBACK(handle_publish), broker);
}
