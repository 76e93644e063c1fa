/*
 * The applications of one VM, as its guest has last listed them; kept in a file, so that they are
 * known while the VM is down.
 */
#pragma once

#include <stdbool.h>

#include <glib.h>

#include "application.h"

struct hc_catalogue;

/* path: of the file, which is read if it is there. */
struct hc_catalogue *hc_catalogue_create(const char *path);

/* NULL is legal. */
void hc_catalogue_destroy(struct hc_catalogue *catalogue);

/* Messages of a list, one after the other. What is listed counts once the list has ended. */
void hc_catalogue_add(
	struct hc_catalogue *catalogue, const struct hc_link_application *application);
void hc_catalogue_add_action(
	struct hc_catalogue *catalogue, const struct hc_link_application_action *action);

/* True if the list, which is complete, is another one than before. */
bool hc_catalogue_end_list(struct hc_catalogue *catalogue);

/* The list that has begun will not be completed. */
void hc_catalogue_drop_list(struct hc_catalogue *catalogue);

/* False as long as no list has ever come. */
bool hc_catalogue_known(const struct hc_catalogue *catalogue);

/* The applications, of struct hc_application, by id. */
const GPtrArray *hc_catalogue_applications(const struct hc_catalogue *catalogue);

/* NULL if there is none. */
const struct hc_application *hc_catalogue_find(
	const struct hc_catalogue *catalogue, const char *id);
