/*
 * An application of a guest as the primary knows it: what its view has told, checked again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <glib.h>

#include "link.h"

struct hc_action {
	char *id;
	char *name;
	char *icon; /* its name in the guest, may be empty */
};

struct hc_application {
	char *id; /* as hc_safe_application_id() has it */
	char *name; /* safe to be shown, as the next ones; not empty */
	char *generic_name; /* these may be empty */
	char *comment;
	char *keywords; /* see desktop-lists.h, as the next two */
	char *categories;
	char *mime_types;
	char *wm_class; /* in the guest */
	char *icon; /* its name in the guest */
	uint64_t icon_stamp; /* another one once the icons may look different */
	bool opens; /* files or URLs */
	GPtrArray *actions; /* of struct hc_action */
};

/* NULL for one that cannot be in a menu. */
struct hc_application *hc_application_create(const struct hc_link_application *message);

/* What cannot be in a menu is left out. */
void hc_application_add_action(
	struct hc_application *application, const struct hc_link_application_action *message);

/* NULL is legal. */
void hc_application_free(void *application);

/* NULL if it has none of that id. */
const struct hc_action *hc_application_find_action(
	const struct hc_application *application, const char *id);

/* Into a file of applications, and out of it again: groups are their ids. NULL if the group is none
 * of an application. */
void hc_application_save(const struct hc_application *application, GKeyFile *file);
struct hc_application *hc_application_load(GKeyFile *file, const char *group);
