#include "rows.h"

#include "safe-text.h"

static void add(GVariantBuilder *row, const char *key, GVariant *value)
{
	g_variant_builder_add(row, "{sv}", key, value);
}

/* Of a view's, which may not have made it plain. */
static GVariant *text(struct vp_text value)
{
	return g_variant_new_take_string(hc_safe_text(value));
}

static GVariant *state_names(uint32_t state)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} names[] = {
		{ VP_STATE_MINIMIZED, "minimized" },
		{ VP_STATE_MAXIMIZED_HORZ, "maximized-horizontally" },
		{ VP_STATE_MAXIMIZED_VERT, "maximized-vertically" },
		{ VP_STATE_FULLSCREEN, "fullscreen" },
		{ VP_STATE_ABOVE, "above" },
		{ VP_STATE_BELOW, "below" },
		{ VP_STATE_SHADED, "shaded" },
		{ VP_STATE_SKIP_TASKBAR, "skip-taskbar" },
		{ VP_STATE_SKIP_PAGER, "skip-pager" },
		{ VP_STATE_MODAL, "modal" },
		{ VP_STATE_DEMANDS_ATTENTION, "demands-attention" },
		{ VP_STATE_FOCUSED, "focused" },
		{ VP_STATE_STICKY, "sticky" },
	};
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (state & names[i].bit)
			g_variant_builder_add(&builder, "s", names[i].name);
	}
	return g_variant_builder_end(&builder);
}

static GVariant *geometry(const struct hc_link_window *window)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	add(&builder, "x", g_variant_new_int32(window->x));
	add(&builder, "y", g_variant_new_int32(window->y));
	add(&builder, "width", g_variant_new_uint32(window->width));
	add(&builder, "height", g_variant_new_uint32(window->height));
	return g_variant_builder_end(&builder);
}

GVariant *hc_row_window(const char *vm, const struct hc_link_window *window)
{
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "vm", g_variant_new_string(vm));
	add(&row, "guest_window", g_variant_new_uint64(window->native));
	add(&row, "content_xid", g_variant_new_uint64(window->content));
	add(&row, "toplevel_xid", g_variant_new_uint64(window->toplevel));
	add(&row, "title", text(window->title));
	add(&row, "app_id", text(window->app_id));
	add(&row, "geometry", geometry(window));
	add(&row, "state", state_names(window->state));
	add(&row, "frames", g_variant_new_uint64(window->frames));
	add(&row, "bytes_copied", g_variant_new_uint64(window->bytes_copied));
	add(&row, "bytes_copied_by_agent", g_variant_new_uint64(window->bytes_copied_by_agent));
	add(&row, "bytes_copied_by_view", g_variant_new_uint64(window->bytes_copied_by_view));
	add(&row, "popup", g_variant_new_boolean(window->popup != 0));
	add(&row, "window", g_variant_new_uint32(window->window));
	return g_variant_builder_end(&row);
}

static GVariant *action_rows(const struct hc_application *application)
{
	GVariantBuilder rows;

	g_variant_builder_init(&rows, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < application->actions->len; i++) {
		const struct hc_action *action = g_ptr_array_index(application->actions, i);

		g_variant_builder_open(&rows, G_VARIANT_TYPE_VARDICT);
		add(&rows, "id", g_variant_new_string(action->id));
		add(&rows, "name", g_variant_new_string(action->name));
		g_variant_builder_close(&rows);
	}
	return g_variant_builder_end(&rows);
}

GVariant *hc_row_application(
	const char *vm, const struct hc_application *application, bool published)
{
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "vm", g_variant_new_string(vm));
	add(&row, "id", g_variant_new_string(application->id));
	add(&row, "name", g_variant_new_string(application->name));
	add(&row, "generic_name", g_variant_new_string(application->generic_name));
	add(&row, "comment", g_variant_new_string(application->comment));
	add(&row, "keywords", g_variant_new_string(application->keywords));
	add(&row, "icon", g_variant_new_string(application->icon));
	add(&row, "categories", g_variant_new_string(application->categories));
	add(&row, "mime_types", g_variant_new_string(application->mime_types));
	add(&row, "wm_class", g_variant_new_string(application->wm_class));
	add(&row, "published", g_variant_new_boolean(published));
	add(&row, "actions", action_rows(application));
	return g_variant_builder_end(&row);
}

GVariant *hc_row_primary(const struct hv_primary_usage *usage)
{
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "cpu_time", g_variant_new_uint64(usage->cpu_time));
	add(&row, "memory", g_variant_new_uint64(usage->memory));
	return g_variant_builder_end(&row);
}

GVariant *hc_row_desk(int32_t pid, const struct hv_process_usage *usage)
{
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "pid", g_variant_new_int32(pid));
	add(&row, "cpu_time", g_variant_new_uint64(usage->cpu_time));
	add(&row, "memory", g_variant_new_uint64(usage->memory));
	return g_variant_builder_end(&row);
}

static GVariant *pids(const struct hc_row_vm *vm)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_VARDICT);
	add(&builder, "session", g_variant_new_int32(vm->status.session_pid));
	add(&builder, "x_server", g_variant_new_int32(vm->status.x_server_pid));
	add(&builder, "agent", g_variant_new_int32(vm->status.agent_pid));
	add(&builder, "view", g_variant_new_int32(vm->view_pid));
	return g_variant_builder_end(&builder);
}

static GVariant *optional_text(const char *value)
{
	return g_variant_new_string(value ? value : "");
}

GVariant *hc_row_vm(const struct hc_row_vm *vm)
{
	bool xen = vm->config->backend == HV_BACKEND_XEN;
	GVariantBuilder row;

	g_variant_builder_init(&row, G_VARIANT_TYPE_VARDICT);
	add(&row, "name", g_variant_new_string(vm->config->name));
	add(&row, "state", g_variant_new_string(vm->state));
	add(&row, "reason", g_variant_new_string(vm->reason));
	add(&row, "connected", g_variant_new_boolean(vm->connected));
	add(&row, "session_ttl", g_variant_new_int32(vm->config->session_ttl));
	add(&row, "label", g_variant_new_string(vm->config->label));
	add(&row, "colour", g_variant_new_uint32(vm->config->colour));
	add(&row, "backend", g_variant_new_string(hv_backend_name(vm->config->backend)));
	add(&row, "isolation",
		g_variant_new_string(xen ? "xen" : hv_isolation_name(vm->config->isolation)));
	add(&row, "network",
		g_variant_new_boolean(
			xen ? vm->config->xen.networks->len > 0 : vm->config->network));
	add(&row, "start", g_variant_new_string(vm->config->starts_at_login ? "login" : "demand"));
	add(&row, "home", optional_text(xen ? NULL : vm->config->home));
	add(&row, "domain", optional_text(xen ? hv_xen_domain(vm->config) : NULL));
	add(&row, "domain_id", g_variant_new_uint32(vm->status.domain));
	add(&row, "file", g_variant_new_string(vm->config->path));
	add(&row, "display", optional_text(vm->status.display));
	add(&row, "xauthority", optional_text(vm->status.xauthority));
	add(&row, "log", optional_text(vm->status.log));
	add(&row, "applications_log",
		g_variant_new_take_string(
			xen ? g_strdup("") : hv_vm_config_applications_log(vm->config)));
	add(&row, "notice", optional_text(vm->status.notice));
	add(&row, "pids", pids(vm));
	add(&row, "cpu_time", g_variant_new_uint64(vm->status.cpu_time));
	add(&row, "memory", g_variant_new_uint64(vm->status.memory));
	add(&row, "windows", g_variant_new_uint32(vm->stats.windows));
	add(&row, "frames", g_variant_new_uint64(vm->stats.frames));
	add(&row, "bytes_copied", g_variant_new_uint64(vm->stats.bytes_copied));
	add(&row, "bytes_copied_by_agent", g_variant_new_uint64(vm->stats.bytes_copied_by_agent));
	add(&row, "bytes_copied_by_view", g_variant_new_uint64(vm->stats.bytes_copied_by_view));
	add(&row, "bytes_sent", g_variant_new_uint64(vm->stats.bytes_sent));
	add(&row, "bytes_received", g_variant_new_uint64(vm->stats.bytes_received));
	return g_variant_builder_end(&row);
}
