#include "driver.h"

GQuark hv_driver_error_quark(void)
{
	return g_quark_from_static_string("hv-driver-error");
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

bool hv_driver_start(struct hv_driver *driver, const struct hv_vm_config *config,
	const struct hv_screen *screen, GError **error)
{
	return driver->impl->start(driver, config, screen, error);
}

void hv_driver_stop(struct hv_driver *driver, const char *vm)
{
	driver->impl->stop(driver, vm);
}

int hv_driver_connect(struct hv_driver *driver, const char *vm, GError **error)
{
	return driver->impl->connect(driver, vm, error);
}

bool hv_driver_status(struct hv_driver *driver, const char *vm, struct hv_vm_status *status)
{
	return driver->impl->status(driver, vm, status);
}

void hv_driver_destroy(struct hv_driver *driver)
{
	if (driver != NULL)
		driver->impl->destroy(driver);
}
