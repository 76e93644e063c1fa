#include "fake-xen.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xenevtchn.h>
#include <xengnttab.h>
#include <xenstore.h>

enum {
	PAGE_BYTES = 4096,
	PORTS = 64,
	GRANTS = 65536,
	FIRST_REFERENCE = 8, /* those below are the hypervisor's */
	AREAS = 256,
	NODES = 64,
	PATH_BYTES = 256,
	VALUE_BYTES = 64,
	PRIMARY = 0,
	NO_PORT = 0,
};

static bool devices_missing;

static bool check_device(void)
{
	if (devices_missing)
		errno = ENOENT;
	return !devices_missing;
}

/* Event channels: a handle holds one port, as each vchan does */

struct xenevtchn_handle {
	int fd;
	evtchn_port_t port;
};

static struct {
	xenevtchn_handle *owner; /* NULL: free */
	evtchn_port_t peer;
} ports[PORTS];

xenevtchn_handle *xenevtchn_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	xenevtchn_handle *handle = check_device() ? calloc(1, sizeof(*handle)) : NULL;
	if (handle != NULL)
		handle->fd = eventfd(0, EFD_CLOEXEC);
	return handle;
}

int xenevtchn_close(xenevtchn_handle *handle)
{
	if (handle->port != NO_PORT)
		ports[handle->port].owner = NULL;
	close(handle->fd);
	free(handle);
	return 0;
}

int xenevtchn_fd(xenevtchn_handle *handle)
{
	return handle->fd;
}

static evtchn_port_t allocate_port(xenevtchn_handle *handle, evtchn_port_t peer)
{
	for (evtchn_port_t port = 1; port < PORTS; port++) {
		if (ports[port].owner != NULL)
			continue;
		ports[port].owner = handle;
		ports[port].peer = peer;
		handle->port = port;
		return port;
	}
	abort();
}

xenevtchn_port_or_error_t xenevtchn_bind_unbound_port(xenevtchn_handle *handle, uint32_t domain)
{
	(void)domain;
	return (int)allocate_port(handle, NO_PORT);
}

xenevtchn_port_or_error_t xenevtchn_bind_interdomain(
	xenevtchn_handle *handle, uint32_t domain, evtchn_port_t remote)
{
	if (domain != FAKE_XEN_GUEST || remote >= PORTS || ports[remote].owner == NULL) {
		errno = EINVAL;
		return -1;
	}
	evtchn_port_t port = allocate_port(handle, remote);
	ports[remote].peer = port;
	return (int)port;
}

int xenevtchn_unbind(xenevtchn_handle *handle, evtchn_port_t port)
{
	ports[port].owner = NULL;
	handle->port = NO_PORT;
	return 0;
}

static void send_event(evtchn_port_t port)
{
	evtchn_port_t peer = ports[port].peer;
	if (peer != NO_PORT && ports[peer].owner != NULL)
		eventfd_write(ports[peer].owner->fd, 1);
}

static size_t events_sent;

size_t fake_xen_events_sent(void)
{
	return events_sent;
}

int xenevtchn_notify(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	events_sent++;
	send_event(port);
	return 0;
}

xenevtchn_port_or_error_t xenevtchn_pending(xenevtchn_handle *handle)
{
	eventfd_t count;
	return eventfd_read(handle->fd, &count) == 0 ? (int)handle->port : -1;
}

int xenevtchn_unmask(xenevtchn_handle *handle, evtchn_port_t port)
{
	(void)handle;
	(void)port;
	return 0;
}

/* Grants: each is a page of a memfd */

struct xengntdev_handle {
	bool grants;
	bool ring; /* a vchan's: it has shared a page for writing */
};

static struct {
	bool granted;
	uint32_t domain;
	int fd;
	off_t offset;
} grants[GRANTS];

/* What a handle has granted or mapped at one time. */
static struct area {
	const struct xengntdev_handle *owner; /* NULL: free */
	uint8_t *data;
	size_t pages;
	uint32_t first; /* reference; they are consecutive */
	int fd;
	uint32_t notify_offset; /* UINT32_MAX none, as is notify_port */
	evtchn_port_t notify_port;
} areas[AREAS];

static size_t page_limit = GRANTS;

void fake_xen_set_page_limit(size_t pages)
{
	page_limit = pages;
}

void fake_xen_set_devices(bool present)
{
	devices_missing = !present;
}

static size_t count_pages(bool granted, bool rings)
{
	size_t count = 0;
	for (size_t i = 0; i < AREAS; i++)
		if (areas[i].owner != NULL && areas[i].owner->grants == granted &&
			(rings || !areas[i].owner->ring))
			count += areas[i].pages;
	return count;
}

size_t fake_xen_pages_granted(void)
{
	return count_pages(true, false);
}

size_t fake_xen_pages_mapped(void)
{
	return count_pages(false, false);
}

static struct area *allocate_area(const struct xengntdev_handle *owner, size_t pages)
{
	for (size_t i = 0; i < AREAS; i++) {
		if (areas[i].owner != NULL)
			continue;
		areas[i] = (struct area){ .owner = owner,
			.pages = pages,
			.fd = -1,
			.notify_offset = UINT32_MAX,
			.notify_port = UINT32_MAX };
		return &areas[i];
	}
	abort();
}

static void release_area(struct area *area)
{
	for (size_t i = 0; area->fd != -1 && i < area->pages; i++)
		grants[area->first + i].granted = false;
	if (area->fd != -1)
		close(area->fd);
	area->owner = NULL;
}

static int unmap_area(const struct xengntdev_handle *owner, void *data)
{
	for (size_t i = 0; i < AREAS; i++) {
		struct area *area = &areas[i];
		if (area->owner != owner || area->data != data)
			continue;
		if (area->notify_offset != UINT32_MAX)
			area->data[area->notify_offset] = 0;
		if (area->notify_port != UINT32_MAX)
			send_event(area->notify_port);
		munmap(data, area->pages * PAGE_BYTES);
		release_area(area);
		return 0;
	}
	abort();
}

static struct xengntdev_handle *open_handle(bool granting)
{
	struct xengntdev_handle *handle = check_device() ? calloc(1, sizeof(*handle)) : NULL;
	if (handle != NULL)
		handle->grants = granting;
	return handle;
}

/* libxenvchan unmaps its rings by itself. */
static int close_handle(struct xengntdev_handle *handle)
{
	for (size_t i = 0; i < AREAS; i++)
		if (areas[i].owner == handle)
			release_area(&areas[i]);
	free(handle);
	return 0;
}

/* The first of so many references that are free. */
static uint32_t find_references(size_t count)
{
	uint32_t first = FIRST_REFERENCE;
	for (uint32_t at = first; at < GRANTS; at++) {
		if (grants[at].granted)
			first = at + 1;
		else if (at + 1 - first == count)
			return first;
	}
	abort();
}

static struct area *share(xengntshr_handle *handle, uint32_t domain, size_t count)
{
	if (count_pages(true, true) + count > page_limit) {
		errno = ENOSPC;
		return NULL;
	}
	struct area *area = allocate_area(handle, count);
	area->first = find_references(count);
	area->fd = memfd_create("fake-xen", MFD_CLOEXEC);
	if (area->fd == -1 || ftruncate(area->fd, (off_t)(count * PAGE_BYTES)) != 0)
		abort();
	for (size_t i = 0; i < count; i++) {
		grants[area->first + i].granted = true;
		grants[area->first + i].domain = domain;
		grants[area->first + i].fd = area->fd;
		grants[area->first + i].offset = (off_t)(i * PAGE_BYTES);
	}
	area->data =
		mmap(NULL, count * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, area->fd, 0);
	return area;
}

uint32_t fake_xen_grant_page(uint32_t domain)
{
	static struct xengntdev_handle tester = { .grants = true };
	return share(&tester, domain, 1)->first;
}

xengntshr_handle *xengntshr_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return open_handle(true);
}

int xengntshr_close(xengntshr_handle *handle)
{
	return close_handle(handle);
}

void *xengntshr_share_pages(
	xengntshr_handle *handle, uint32_t domain, int count, uint32_t *references, int writable)
{
	struct area *area = share(handle, domain, (size_t)count);
	if (area == NULL)
		return NULL;
	handle->ring = handle->ring || writable != 0;
	for (int i = 0; i < count; i++)
		references[i] = area->first + (uint32_t)i;
	return area->data;
}

void *xengntshr_share_page_notify(xengntshr_handle *handle, uint32_t domain, uint32_t *reference,
	int writable, uint32_t offset, evtchn_port_t port)
{
	struct area *area = share(handle, domain, 1);
	if (area == NULL)
		return NULL;
	handle->ring = handle->ring || writable != 0;
	area->notify_offset = offset;
	area->notify_port = port;
	*reference = area->first;
	return area->data;
}

int xengntshr_unshare(xengntshr_handle *handle, void *data, uint32_t count)
{
	(void)count;
	return unmap_area(handle, data);
}

xengnttab_handle *xengnttab_open(struct xentoollog_logger *logger, unsigned int flags)
{
	(void)logger;
	(void)flags;
	return open_handle(false);
}

int xengnttab_close(xengnttab_handle *handle)
{
	return close_handle(handle);
}

static bool may_map(uint32_t domain, uint32_t reference)
{
	return domain == FAKE_XEN_GUEST && reference < GRANTS && grants[reference].granted &&
	       grants[reference].domain == PRIMARY;
}

void *xengnttab_map_domain_grant_refs(xengnttab_handle *handle, uint32_t count, uint32_t domain,
	uint32_t *references, int protection)
{
	for (uint32_t i = 0; i < count; i++) {
		if (!may_map(domain, references[i])) {
			errno = EINVAL;
			return NULL;
		}
	}
	struct area *area = allocate_area(handle, count);
	area->data = mmap(
		NULL, (size_t)count * PAGE_BYTES, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (uint32_t i = 0; i < count; i++)
		if (mmap(area->data + (size_t)i * PAGE_BYTES, PAGE_BYTES, protection,
			    MAP_SHARED | MAP_FIXED, grants[references[i]].fd,
			    grants[references[i]].offset) == MAP_FAILED)
			abort();
	handle->ring = handle->ring || (protection & PROT_WRITE) != 0;
	return area->data;
}

void *xengnttab_map_grant_ref_notify(xengnttab_handle *handle, uint32_t domain, uint32_t reference,
	int protection, uint32_t offset, evtchn_port_t port)
{
	uint8_t *data = xengnttab_map_domain_grant_refs(handle, 1, domain, &reference, protection);
	for (size_t i = 0; data != NULL && i < AREAS; i++) {
		if (areas[i].owner != handle || areas[i].data != data)
			continue;
		areas[i].notify_offset = offset;
		areas[i].notify_port = port;
	}
	return data;
}

int xengnttab_unmap(xengnttab_handle *handle, void *data, uint32_t count)
{
	(void)count;
	return unmap_area(handle, data);
}

/* xenstore */

struct xs_handle {
	int fd;
	char watched[PATH_BYTES]; /* empty: nothing */
	unsigned int events;
};

static struct {
	char path[PATH_BYTES]; /* empty: free */
	char value[VALUE_BYTES];
} nodes[NODES];

static struct xs_handle *watcher; /* there is one listener */

static void resolve(char resolved[PATH_BYTES], const char *path)
{
	if (path[0] == '/')
		snprintf(resolved, PATH_BYTES, "%s", path);
	else
		snprintf(resolved, PATH_BYTES, "/local/domain/%d/%s", FAKE_XEN_GUEST, path);
}

static bool lies_in(const char *path, const char *parent)
{
	size_t len = strlen(parent);
	return strncmp(path, parent, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static void tell_watcher(const char *path)
{
	if (watcher == NULL || watcher->watched[0] == '\0' ||
		(!lies_in(path, watcher->watched) && !lies_in(watcher->watched, path)))
		return;
	watcher->events++;
	eventfd_write(watcher->fd, 1);
}

static size_t find_node(const char *path)
{
	for (size_t i = 0; i < NODES; i++)
		if (strcmp(nodes[i].path, path) == 0)
			return i;
	return NODES;
}

void fake_xen_write_node(const char *path, const char *value)
{
	char resolved[PATH_BYTES];
	resolve(resolved, path);
	size_t i = find_node(resolved);
	if (i == NODES)
		i = find_node("");
	if (i == NODES)
		abort();
	snprintf(nodes[i].path, PATH_BYTES, "%s", resolved);
	snprintf(nodes[i].value, VALUE_BYTES, "%s", value);
	tell_watcher(resolved);
}

static void remove_nodes(const char *parent)
{
	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].path[0] != '\0' && lies_in(nodes[i].path, parent))
			nodes[i].path[0] = '\0';
	tell_watcher(parent);
}

void fake_xen_forget_nodes(void)
{
	remove_nodes("/local");
}

static bool node_exists(const char *path)
{
	for (size_t i = 0; i < NODES; i++)
		if (nodes[i].path[0] != '\0' && lies_in(nodes[i].path, path))
			return true;
	return false;
}

bool fake_xen_node_exists(const char *path)
{
	char resolved[PATH_BYTES];
	resolve(resolved, path);
	return node_exists(resolved);
}

struct xs_handle *xs_open(unsigned long flags)
{
	(void)flags;
	struct xs_handle *store = calloc(1, sizeof(*store));
	store->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return store;
}

void xs_close(struct xs_handle *store)
{
	if (watcher == store)
		watcher = NULL;
	close(store->fd);
	free(store);
}

void *xs_read(
	struct xs_handle *store, xs_transaction_t transaction, const char *path, unsigned int *len)
{
	char resolved[PATH_BYTES];
	char own[VALUE_BYTES];
	(void)store;
	(void)transaction;
	resolve(resolved, path);
	size_t i = find_node(resolved);
	const char *value = i < NODES ? nodes[i].value : "";
	if (strcmp(path, "domid") == 0) {
		snprintf(own, sizeof(own), "%d", FAKE_XEN_GUEST);
		value = own;
	} else if (!node_exists(resolved)) {
		errno = ENOENT;
		return NULL;
	}
	if (len != NULL)
		*len = (unsigned int)strlen(value);
	return strdup(value);
}

bool xs_write(struct xs_handle *store, xs_transaction_t transaction, const char *path,
	const void *data, unsigned int len)
{
	char value[VALUE_BYTES] = "";
	(void)store;
	(void)transaction;
	memcpy(value, data, len < VALUE_BYTES - 1 ? len : VALUE_BYTES - 1);
	fake_xen_write_node(path, value);
	return true;
}

bool xs_rm(struct xs_handle *store, xs_transaction_t transaction, const char *path)
{
	char resolved[PATH_BYTES];
	(void)store;
	(void)transaction;
	resolve(resolved, path);
	remove_nodes(resolved);
	return true;
}

/* The names below a path, each as often as it has nodes. */
char **xs_directory(struct xs_handle *store, xs_transaction_t transaction, const char *path,
	unsigned int *count)
{
	(void)store;
	(void)transaction;
	char **names = malloc(NODES * (sizeof(char *) + PATH_BYTES));
	char *at = (char *)(names + NODES);
	*count = 0;
	for (size_t i = 0; i < NODES; i++) {
		if (nodes[i].path[0] == '\0' || !lies_in(nodes[i].path, path))
			continue;
		const char *name = nodes[i].path + strlen(path) + 1;
		snprintf(at, PATH_BYTES, "%.*s", (int)strcspn(name, "/"), name);
		names[(*count)++] = at;
		at += PATH_BYTES;
	}
	return names;
}

bool xs_set_permissions(struct xs_handle *store, xs_transaction_t transaction, const char *path,
	struct xs_permissions *permissions, unsigned int count)
{
	(void)store;
	(void)transaction;
	(void)path;
	(void)permissions;
	(void)count;
	return true;
}

xs_transaction_t xs_transaction_start(struct xs_handle *store)
{
	(void)store;
	return 1;
}

bool xs_transaction_end(struct xs_handle *store, xs_transaction_t transaction, bool abandoned)
{
	(void)store;
	(void)transaction;
	(void)abandoned;
	return true;
}

bool xs_watch(struct xs_handle *store, const char *path, const char *token)
{
	(void)token;
	resolve(store->watched, path);
	watcher = store;
	tell_watcher(store->watched);
	return true;
}

int xs_fileno(struct xs_handle *store)
{
	return store->fd;
}

char **xs_check_watch(struct xs_handle *store)
{
	eventfd_t count;
	eventfd_read(store->fd, &count);
	if (store->events == 0) {
		errno = EAGAIN;
		return NULL;
	}
	store->events--;
	char **event = calloc(2, sizeof(*event));
	return event;
}
