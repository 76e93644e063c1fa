/*
 * Notifications of guests: bounded, decided by the guard, shown by the notifier; and what becomes
 * of them there is told to the guest.
 */
#pragma once

#include "broker.h"
#include "link.h"
#include "notifier.h"

struct hc_guest_notices;

/* The broker, with its guard and notifier, must outlive it. */
struct hc_guest_notices *hc_guest_notices_create(struct hc_broker *broker);

/* NULL is legal. */
void hc_guest_notices_destroy(struct hc_guest_notices *notices);

/* What the VM's view says. */
void hc_guest_notices_handle_notify(
	struct hc_guest_notices *notices, struct hc_vm *vm, const struct hc_link_notify *message);
void hc_guest_notices_handle_close(struct hc_guest_notices *notices, const struct hc_vm *vm,
	const struct hc_link_notify_close *message);

/* A session with the VM's agent has begun, or is over. */
void hc_guest_notices_greet(struct hc_guest_notices *notices, struct hc_vm *vm);
void hc_guest_notices_forget(struct hc_guest_notices *notices, const struct hc_vm *vm);

/* For the notifier, with the notices as its data. */
extern const struct hc_notifier_listener hc_guest_notices_listener;
