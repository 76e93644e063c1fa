/*
 * The commands of oriel. Each takes the words after its name and returns the program's exit code.
 */
#pragma once

enum hc_exit { HC_EXIT_DONE = 0, HC_EXIT_FAILED = 1, HC_EXIT_USAGE = 2 };

struct hc_arguments;

int hc_command_vm_list(const struct hc_arguments *arguments);
int hc_command_vm_show(const struct hc_arguments *arguments);
int hc_command_vm_start(const struct hc_arguments *arguments);
int hc_command_vm_start_login(void);
int hc_command_vm_stop(const struct hc_arguments *arguments);
int hc_command_vm_create(const struct hc_arguments *arguments);
int hc_command_vm_destroy(const struct hc_arguments *arguments);
int hc_command_vm_pause(const struct hc_arguments *arguments);
int hc_command_vm_resume(const struct hc_arguments *arguments);
int hc_command_vm_save(const struct hc_arguments *arguments);
int hc_command_vm_restore(const struct hc_arguments *arguments);
int hc_command_copy(const struct hc_arguments *arguments);
int hc_command_run(const struct hc_arguments *arguments);
int hc_command_apps(const struct hc_arguments *arguments);
int hc_command_publish(const struct hc_arguments *arguments);
int hc_command_unpublish(const struct hc_arguments *arguments);
int hc_command_menu_clean(const struct hc_arguments *arguments);
int hc_command_windows(const struct hc_arguments *arguments);
int hc_command_top(const struct hc_arguments *arguments);
int hc_command_screenshot(const struct hc_arguments *arguments);
int hc_command_log(const struct hc_arguments *arguments);
int hc_command_clip_show(const struct hc_arguments *arguments);
int hc_command_clip_copy(const struct hc_arguments *arguments);
int hc_command_clip_paste(const struct hc_arguments *arguments);
int hc_command_clip_clear(const struct hc_arguments *arguments);
int hc_command_policy_check(const struct hc_arguments *arguments);
int hc_command_policy_explain(const struct hc_arguments *arguments);
int hc_command_policy_reload(const struct hc_arguments *arguments);
int hc_command_crashes(const struct hc_arguments *arguments);
int hc_command_crashes_show(const struct hc_arguments *arguments);
int hc_command_doctor(const struct hc_arguments *arguments);
int hc_command_quit(const struct hc_arguments *arguments);
int hc_command_restart(const struct hc_arguments *arguments);
