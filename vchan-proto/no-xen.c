/* What takes the place of the Xen files where Xen's libraries were not there to build with. */
#include <stdio.h>

#include "listener.h"
#include "transport.h"

static const char sentence[] =
	"this build has no Xen: build Oriel anew with the package libxen-dev installed";

struct vp_transport *vp_transport_xen_connect(
	uint32_t domain, uint32_t instance, char *error, size_t size)
{
	(void)domain;
	(void)instance;
	snprintf(error, size, "%s", sentence);
	return NULL;
}

struct vp_listener *vp_listener_xen_create(
	uint32_t primary, uint32_t instance, char *error, size_t size)
{
	(void)primary;
	(void)instance;
	snprintf(error, size, "%s", sentence);
	return NULL;
}
