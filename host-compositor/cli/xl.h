/*
 * oriel vm show --xl.
 */
#pragma once

/* Prints what xl is given to start the VM; returns an exit code. */
int hc_xl_print(const char *name);
