#include "vchan-xen.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>
#include <xentoollog.h>

#include "wire.h"

enum {
	RING_BYTES = 65536, /* each way */
	PAGE_BYTES = 4096,
	PAGES = 2 * RING_BYTES / PAGE_BYTES + 1,
	DOMAIN_PATH_BYTES = 2 * VP_VCHAN_PATH_BYTES,
	NODE_PATH_BYTES = 3 * VP_VCHAN_PATH_BYTES,
};

void vp_vchan_path(char path[VP_VCHAN_PATH_BYTES], uint32_t instance)
{
	snprintf(path, VP_VCHAN_PATH_BYTES, "data/oriel/%d/%u", VP_VERSION_MAJOR, instance);
}

/* False with errno. */
static bool can_bind(uint32_t primary)
{
	xenevtchn_handle *events = xenevtchn_open(NULL, 0);
	if (events == NULL)
		return false;
	bool can = xenevtchn_bind_unbound_port(events, primary) >= 0;
	int saved = errno;
	xenevtchn_close(events);
	errno = saved;
	return can;
}

/* False with errno. */
static bool can_grant(uint32_t primary)
{
	uint32_t references[PAGES];
	void *pages = NULL;
	/* Too few pages are the caller's to tell. */
	xentoollog_logger_stdiostream *logger =
		xtl_createlogger_stdiostream(stderr, XTL_CRITICAL, 0);
	xengntshr_handle *grants = xengntshr_open((struct xentoollog_logger *)logger, 0);
	if (grants != NULL)
		pages = xengntshr_share_pages(grants, primary, PAGES, references, 1);
	int saved = errno;
	if (pages != NULL)
		xengntshr_unshare(grants, pages, PAGES);
	if (grants != NULL)
		xengntshr_close(grants);
	if (logger != NULL)
		xtl_logger_destroy((struct xentoollog_logger *)logger);
	errno = saved;
	return pages != NULL;
}

static bool set_nonblocking(struct libxenvchan *vchan)
{
	int fd = libxenvchan_fd_for_select(vchan);
	int flags = fcntl(fd, F_GETFL);
	vchan->blocking = 0;
	return flags != -1 && fcntl(fd, F_SETFL, flags | O_NONBLOCK) == 0;
}

/* libxenvchan 4.17 frees a pointer that it never set when it cannot bind or grant, and keeps no
 * errno: both are tried before. */
struct libxenvchan *vp_vchan_serve(uint32_t primary, uint32_t instance)
{
	if (!can_bind(primary) || !can_grant(primary))
		return NULL;
	char path[VP_VCHAN_PATH_BYTES];
	vp_vchan_path(path, instance);
	struct libxenvchan *vchan =
		libxenvchan_server_init(NULL, (int)primary, path, RING_BYTES, RING_BYTES);
	if (vchan != NULL && set_nonblocking(vchan))
		return vchan;
	libxenvchan_close(vchan);
	errno = ENXIO;
	return NULL;
}

void vp_vchan_explain_serve(int failure, char *error, size_t size)
{
	switch (failure) {
	case ENOENT:
	case ENODEV:
		snprintf(error, size,
			"there are no devices for vchan: this is no Xen guest, or its modules "
			"are not loaded; try modprobe xen-gntalloc xen-evtchn");
		break;
	case EACCES:
	case EPERM:
		snprintf(error, size,
			"/dev/xen/evtchn or /dev/xen/gntalloc may not be opened: run the agent as "
			"a user that may");
		break;
	case ENOSPC:
		snprintf(error, size,
			"fewer than %d pages are left to grant: raise the limit of the module "
			"xen-gntalloc in /sys/module/xen_gntalloc/parameters/limit",
			PAGES);
		break;
	case ENXIO:
		snprintf(error, size,
			"the vchan cannot be published in xenstore: /dev/xen/xenbus has to be "
			"there, and data/ has to be this domain's to write");
		break;
	default:
		snprintf(error, size, "the vchan cannot be made: %s", strerror(failure));
	}
}

/* True if a node exists; false with errno. */
static bool node_exists(struct xs_handle *store, const char *path)
{
	unsigned int len;
	void *value = xs_read(store, XBT_NULL, path, &len);
	free(value);
	return value != NULL;
}

/* The agents of a domain speak other versions, or there are none. */
static void explain_versions(
	struct xs_handle *store, uint32_t domain, uint32_t instance, char *error, size_t size)
{
	char path[DOMAIN_PATH_BYTES];
	snprintf(path, sizeof(path), "/local/domain/%u/data/oriel", domain);
	unsigned int count = 0;
	char **versions = xs_directory(store, XBT_NULL, path, &count);
	bool other = false;
	for (unsigned int i = 0; versions != NULL && i < count; i++)
		other = other || strtol(versions[i], NULL, 10) != VP_VERSION_MAJOR;
	free(versions);
	if (other)
		snprintf(error, size,
			"the agent of domain %u speaks another version of the protocol than %d: "
			"install the same version of Oriel in both",
			domain, VP_VERSION_MAJOR);
	else
		snprintf(error, size,
			"no agent serves instance %u in domain %u: start oriel-agent "
			"--listen=xen:%u there",
			instance, domain, instance);
}

static void explain_devices(uint32_t domain, char *error, size_t size)
{
	xenevtchn_handle *events = xenevtchn_open(NULL, 0);
	int failure = events != NULL ? 0 : errno;
	xengnttab_handle *grants = failure == 0 ? xengnttab_open(NULL, 0) : NULL;
	if (failure == 0 && grants == NULL)
		failure = errno;
	if (failure != 0)
		snprintf(error, size,
			"/dev/xen/evtchn and /dev/xen/gntdev cannot be used: %s; the modules "
			"xen-evtchn and xen-gntdev have to be loaded, and the devices this user's",
			strerror(failure));
	else
		snprintf(error, size,
			"the vchan of domain %u cannot be mapped: its agent has ended, or serves "
			"another primary",
			domain);
	if (grants != NULL)
		xengnttab_close(grants);
	if (events != NULL)
		xenevtchn_close(events);
}

static void explain_connect(
	uint32_t domain, uint32_t instance, const char *path, char *error, size_t size)
{
	struct xs_handle *store = xs_open(0);
	if (store == NULL) {
		snprintf(error, size,
			"xenstore cannot be reached: %s; this has to be a domain of Xen, with "
			"xenstored running and /dev/xen/xenbus or its socket this user's",
			strerror(errno));
		return;
	}
	char domain_path[DOMAIN_PATH_BYTES];
	char ring_path[NODE_PATH_BYTES];
	snprintf(domain_path, sizeof(domain_path), "/local/domain/%u", domain);
	snprintf(ring_path, sizeof(ring_path), "%s/ring-ref", path);
	if (node_exists(store, ring_path))
		explain_devices(domain, error, size);
	else if (errno == EACCES)
		snprintf(error, size,
			"this domain may not read %s: the agent serves another primary", path);
	else if (!node_exists(store, domain_path) && errno == ENOENT)
		snprintf(
			error, size, "there is no domain %u: it has stopped, or never was", domain);
	else
		explain_versions(store, domain, instance, error, size);
	xs_close(store);
}

struct libxenvchan *vp_vchan_connect(uint32_t domain, uint32_t instance, char *error, size_t size)
{
	char node[VP_VCHAN_PATH_BYTES];
	char path[DOMAIN_PATH_BYTES];
	vp_vchan_path(node, instance);
	snprintf(path, sizeof(path), "/local/domain/%u/%s", domain, node);
	struct libxenvchan *vchan = libxenvchan_client_init(NULL, (int)domain, path);
	if (vchan == NULL) {
		explain_connect(domain, instance, path, error, size);
		return NULL;
	}
	if ((1 << vchan->read.order) < RING_BYTES || (1 << vchan->write.order) < RING_BYTES)
		snprintf(error, size,
			"the rings of domain %u's vchan are smaller than %d bytes: its agent is "
			"not Oriel's",
			domain, RING_BYTES);
	else if (!set_nonblocking(vchan))
		snprintf(error, size, "the vchan cannot be used: %s", strerror(errno));
	else
		return vchan;
	libxenvchan_close(vchan);
	return NULL;
}

void vp_vchan_disown_path(struct libxenvchan *vchan)
{
	free(vchan->xs_path);
	vchan->xs_path = NULL;
}
