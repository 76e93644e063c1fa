/*
 * Reports of this process's own crash: program, signal, and where, as offsets into the files that
 * were loaded. Nothing that was in memory is in them: no text, no pixels, no addresses. What it
 * takes to write one is made ready before; the report leaves in parts, so that a second fault loses
 * the rest alone.
 */
#pragma once

#include <stddef.h>

enum { VP_CRASH_BYTES_MAX = 4096 /* of a whole report */ };

/* From now on SIGSEGV and the like are reported, and then end the process as they would anyhow;
 * those that somebody else handles already (a sanitizer) are left to it. program: a literal. To be
 * called once, when all libraries are loaded, before a sandbox is entered. */
void vp_crash_install(const char *program);

/* Where reports go: into a new file at path, which is copied. A path that is too long is none. */
void vp_crash_report_to_file(const char *path);

/* Or to what write() does with fd; called in a signal handler. fd -1: nowhere. */
void vp_crash_report_to(int fd, void (*write)(int fd, const char *text, size_t len));
