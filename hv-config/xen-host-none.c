#include "driver.h"
#include "xen-host.h"

struct hv_xen_host *hv_xen_host_open(
	const struct hv_xen_host_listener *listener, void *data, GError **error)
{
	(void)listener;
	(void)data;
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE,
		"this Oriel is built without Xen's libraries; install one that has them");
	return NULL;
}
