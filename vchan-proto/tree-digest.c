#include "tree-digest.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <gcrypt.h>

struct vp_tree_digest {
	gcry_md_hd_t md;
};

/* Nothing here is secret. */
static void initialize(void)
{
	if (gcry_control(GCRYCTL_INITIALIZATION_FINISHED_P))
		return;
	gcry_check_version(NULL);
	gcry_control(GCRYCTL_DISABLE_SECMEM, 0);
	gcry_control(GCRYCTL_INITIALIZATION_FINISHED, 0);
}

struct vp_tree_digest *vp_tree_digest_create(void)
{
	initialize();
	struct vp_tree_digest *digest = calloc(1, sizeof(*digest));
	if (digest != NULL && gcry_md_open(&digest->md, GCRY_MD_SHA256, 0) == 0)
		return digest;
	free(digest);
	errno = ENOMEM;
	return NULL;
}

void vp_tree_digest_destroy(struct vp_tree_digest *digest)
{
	if (digest == NULL)
		return;
	gcry_md_close(digest->md);
	free(digest);
}

void vp_tree_digest_add(struct vp_tree_digest *digest, const void *data, size_t len)
{
	gcry_md_write(digest->md, data, len);
}

void vp_tree_digest_take(struct vp_tree_digest *digest, uint8_t value[VP_TREE_DIGEST_BYTES])
{
	memcpy(value, gcry_md_read(digest->md, GCRY_MD_SHA256), VP_TREE_DIGEST_BYTES);
	gcry_md_reset(digest->md);
}
