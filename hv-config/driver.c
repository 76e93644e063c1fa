#include "driver.h"

GQuark hv_driver_error_quark(void)
{
	return g_quark_from_static_string("hv-driver-error");
}

const char *hv_state_name(enum hv_state state)
{
	static const char *const names[] = {
		[HV_STATE_STOPPED] = "stopped",
		[HV_STATE_STARTING] = "starting",
		[HV_STATE_RUNNING] = "running",
		[HV_STATE_PAUSED] = "paused",
		[HV_STATE_STOPPING] = "stopping",
		[HV_STATE_FAILED] = "failed",
		[HV_STATE_AWAY] = "away",
	};
	return names[state];
}

void hv_vm_status_clear(struct hv_vm_status *status)
{
	g_free(status->display);
	g_free(status->xauthority);
	g_free(status->log);
	g_free(status->notice);
	*status = (struct hv_vm_status){ .state = HV_STATE_STOPPED };
}

int hv_driver_get_fd(struct hv_driver *driver)
{
	return driver->impl->get_fd(driver);
}

void hv_driver_dispatch(struct hv_driver *driver)
{
	driver->impl->dispatch(driver);
}

int64_t hv_driver_deadline(struct hv_driver *driver)
{
	return driver->impl->deadline(driver);
}

bool hv_driver_adopt(struct hv_driver *driver, const struct hv_vm_config *config)
{
	return driver->impl->adopt(driver, config);
}

void hv_driver_tune(struct hv_driver *driver, const struct hv_vm_config *config)
{
	if (driver->impl->tune != NULL)
		driver->impl->tune(driver, config);
}

int64_t hv_driver_start_ms(const struct hv_driver *driver)
{
	return driver->impl->start_ms;
}

void hv_driver_follow(struct hv_driver *driver, const struct hv_vm_config *config)
{
	if (driver->impl->follow != NULL)
		driver->impl->follow(driver, config);
}

void hv_driver_forget(struct hv_driver *driver, const char *vm)
{
	if (driver->impl->forget != NULL)
		driver->impl->forget(driver, vm);
}

bool hv_driver_start(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, const char *image, GError **error)
{
	return driver->impl->start(driver, config, screen, image, error);
}

void hv_driver_stop(struct hv_driver *driver, const char *vm)
{
	driver->impl->stop(driver, vm);
}

bool hv_driver_act(struct hv_driver *driver, const char *vm, enum hv_action action,
	const char *file, hv_action_done done, void *data, GError **error)
{
	if (driver->impl->act != NULL)
		return driver->impl->act(driver, vm, action, file, done, data, error);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNSUPPORTED,
		"its backend can only start and stop it; pausing, saving and destroying take "
		"backend=xen");
	return false;
}

bool hv_driver_connect(
	struct hv_driver *driver, const char *vm, struct hv_endpoint *endpoint, GError **error)
{
	return driver->impl->connect(driver, vm, endpoint, error);
}

bool hv_driver_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status)
{
	return driver->impl->status(driver, vm, status);
}

bool hv_driver_primary_usage(struct hv_driver *driver, struct hv_primary_usage *usage)
{
	return driver->impl->primary_usage != NULL && driver->impl->primary_usage(driver, usage);
}

void hv_driver_destroy(struct hv_driver *driver)
{
	if (driver != NULL)
		driver->impl->destroy(driver);
}
