/*
 * Files that programs of the guest want to go elsewhere: what they ask for over the session bus
 * (io.oriel.Agent1) is offered to the primary, whose broker decides; see files.h.
 */
#pragma once

#include "agent-interface.h"
#include "files.h"

struct ga_offers;

/* Answers object's method CopyTo from ga_offers_begin() on. Never fails. */
struct ga_offers *ga_offers_create(GaDbusAgent1 *object);

/* What is unanswered fails. NULL is legal. */
void ga_offers_destroy(struct ga_offers *offers);

/* files must outlive it, and tell it of offers. */
void ga_offers_begin(struct ga_offers *offers, struct ga_files *files);

/* As struct ga_files_listener has them. */
void ga_offers_handle_progress(
	struct ga_offers *offers, uint32_t request, uint64_t bytes, uint64_t total);
void ga_offers_handle_skipped(
	struct ga_offers *offers, uint32_t request, const char *name, const char *reason);
void ga_offers_handle_ended(struct ga_offers *offers, uint32_t request, const char *error);
