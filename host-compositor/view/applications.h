/*
 * What the guest tells of its applications, made safe and passed on to the broker: lists, which
 * come when something has changed, and the icons that the broker has asked for.
 */
#pragma once

#include "link.h"

struct hc_applications;

/* tell is called with messages for the broker, and a descriptor that stays the caller's, or -1. */
struct hc_applications *hc_applications_create(
	void (*tell)(void *data, const struct hc_link_message *message, int fd), void *data);

/* NULL is legal. */
void hc_applications_destroy(struct hc_applications *applications);

/* The session has ended: nothing that was begun will be completed. */
void hc_applications_forget(struct hc_applications *applications);

/* The broker is gone: another one is not told the rest of a list, nor icons that it has not asked
 * for. */
void hc_applications_lose_broker(struct hc_applications *applications);

/* What the guest is to be asked for lists with: the languages of the user, best first. Lives as
 * long as the program. */
struct vp_text hc_applications_languages(void);

/* The broker has asked for icons with this serial. */
void hc_applications_expect_icons(struct hc_applications *applications, uint32_t serial);

/* Passes on a message of the guest, if it is about applications. What does not fit into a menu is
 * left out. NULL, or which rule the guest has broken, and in *reason what kind of rule. */
const char *hc_applications_handle_message(struct hc_applications *applications,
	const struct vp_message *message, enum vp_bye_reason *reason);
