/* usage: vchan-probe serve | vchan-probe connect DOMAIN
 * Whether granted pages and vchan work between two domains: the server shares pages and sends their
 * references, the client maps them and answers with what it read there, then sees them change. */
#include <errno.h>
#include <inttypes.h>
#include <libxenvchan.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <xengnttab.h>

enum {
	PAGE_BYTES = 4096,
	/* What a picture of 1920x1080 takes; its references need more than one ring of the smallest
	   size. */
	PAGES = 2025,
	RING_BYTES = 65536,
	PICTURE_BYTES = PAGES * PAGE_BYTES,
	/* In a signed field of one bit. */
	YES = -1,
};

static const char XENSTORE_PATH[] = "data/probe";

struct picture {
	uint32_t seed;
	uint32_t references[PAGES];
};

static bool send_all(struct libxenvchan *vchan, const void *bytes, size_t size)
{
	for (size_t sent = 0; sent < size;) {
		int count = libxenvchan_write(vchan, (const char *)bytes + sent, size - sent);
		if (count <= 0)
			return false;
		sent += (size_t)count;
	}
	return true;
}

static bool receive_all(struct libxenvchan *vchan, void *bytes, size_t size)
{
	for (size_t received = 0; received < size;) {
		int count = libxenvchan_read(vchan, (char *)bytes + received, size - received);
		if (count <= 0)
			return false;
		received += (size_t)count;
	}
	return true;
}

/* A picture that tells one seed from another in each of its words. */
static void draw(uint32_t *words, uint32_t seed)
{
	for (uint32_t i = 0; i < PICTURE_BYTES / sizeof(*words); i++)
		words[i] = seed ^ i * 2654435761u;
}

static bool is_drawn(const volatile uint32_t *words, uint32_t seed)
{
	for (uint32_t i = 0; i < PICTURE_BYTES / sizeof(*words); i++)
		if (words[i] != (seed ^ i * 2654435761u))
			return false;
	return true;
}

static int fail(const char *what)
{
	fprintf(stderr, "vchan-probe: %s: %s\n", what, strerror(errno));
	return EXIT_FAILURE;
}

static int serve(void)
{
	static struct picture picture = { .seed = 0x6f72656c };
	struct libxenvchan *vchan =
		libxenvchan_server_init(NULL, 0, XENSTORE_PATH, RING_BYTES, RING_BYTES);
	if (!vchan)
		return fail("no vchan");
	vchan->blocking = YES;
	xengntshr_handle *shares = xengntshr_open(NULL, 0);
	if (!shares)
		return fail("no gntalloc");
	uint32_t *words = xengntshr_share_pages(shares, 0, PAGES, picture.references, false);
	if (!words)
		return fail("no pages to share");
	draw(words, picture.seed);
	if (!send_all(vchan, &picture, sizeof(picture)))
		return fail("the references could not be sent");

	uint32_t next_seed;
	while (receive_all(vchan, &next_seed, sizeof(next_seed))) {
		draw(words, next_seed);
		if (!send_all(vchan, &next_seed, sizeof(next_seed)))
			return fail("the answer could not be sent");
	}
	xengntshr_unshare(shares, words, PAGES);
	xengntshr_close(shares);
	libxenvchan_close(vchan);
	return EXIT_SUCCESS;
}

static int watch_picture(struct libxenvchan *vchan, const volatile uint32_t *words, uint32_t seed)
{
	if (!is_drawn(words, seed))
		return fail("the pages are not those that the guest has drawn");
	uint32_t next_seed = ~seed, answer;
	if (!send_all(vchan, &next_seed, sizeof(next_seed)) ||
		!receive_all(vchan, &answer, sizeof(answer)) || answer != next_seed)
		return fail("the guest does not answer");
	if (!is_drawn(words, next_seed))
		return fail("the guest's drawing does not show in the pages");
	return EXIT_SUCCESS;
}

static int connect_to(uint32_t domain)
{
	static struct picture picture;
	char path[64];
	snprintf(path, sizeof(path), "/local/domain/%" PRIu32 "/%s", domain, XENSTORE_PATH);
	struct libxenvchan *vchan = libxenvchan_client_init(NULL, (int)domain, path);
	if (!vchan)
		return fail("no vchan");
	vchan->blocking = YES;
	if (!receive_all(vchan, &picture, sizeof(picture)))
		return fail("no references came");
	xengnttab_handle *grants = xengnttab_open(NULL, 0);
	if (!grants)
		return fail("no gntdev");
	void *words = xengnttab_map_domain_grant_refs(
		grants, PAGES, domain, picture.references, PROT_READ);
	if (!words)
		return fail("the pages could not be mapped");
	int status = watch_picture(vchan, words, picture.seed);
	xengnttab_unmap(grants, words, PAGES);
	xengnttab_close(grants);
	libxenvchan_close(vchan);
	return status;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "serve") == 0)
		return serve();
	if (argc == 3 && strcmp(argv[1], "connect") == 0)
		return connect_to((uint32_t)strtoul(argv[2], NULL, 10));
	fputs("usage: vchan-probe serve | vchan-probe connect DOMAIN\n", stderr);
	return 2;
}
