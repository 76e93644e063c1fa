/*
 * The files of the policy: DIRECTORY/NAME.policy in the order of their names, and what they
 * include.
 */
#pragma once

#include "policy-parse.h"
#include "policy.h"

/* Bounds of one reading. */
enum { HV_POLICY_FILES_MAX = 256, HV_POLICY_FILE_SIZE_MAX = 1024 * 1024 };

struct hv_policy_files {
	struct hv_policy *policy; /* NULL if anything in the files is wrong */
	GPtrArray *problems; /* of struct hv_policy_problem; without warnings */
	GPtrArray *included; /* of char *: the files that lie elsewhere */
};

/* /etc/oriel/policy.d and $XDG_CONFIG_HOME/oriel/policy.d, by enum hv_policy_layer and
 * NULL-terminated; freed with g_strfreev(). */
char **hv_policy_directories(void);

/* Reads the directories, by enum hv_policy_layer; a missing one is empty. Where the administrator
 * has no file, the built-in default policy counts. Cleared with hv_policy_files_clear(). */
void hv_policy_files_load(const char *const *directories, struct hv_policy_files *files);

/* Reads the given files alone: as the user's those that lie in the user's directory, as the
 * administrator's all others. */
void hv_policy_files_load_paths(
	const char *const *directories, const char *const *paths, struct hv_policy_files *files);

/* The policy goes, too, unless it has been taken away. */
void hv_policy_files_clear(struct hv_policy_files *files);
