#include "local-error.h"

#include <errno.h>
#include <stdarg.h>

#include "driver.h"

static const char *advice_for(int cause)
{
	switch (cause) {
	case ENOSPC:
	case EDQUOT:
		return "; make room there and try again";
	case EACCES:
	case EPERM:
	case EROFS:
		return "; let this user write there, or choose another place";
	case EMFILE:
	case ENFILE:
		return "; close some programs, or raise the limit of open files";
	default:
		return "";
	}
}

bool hv_local_fail(GError **error, const char *format, ...)
{
	int cause = errno;
	va_list arguments;
	va_start(arguments, format);
	g_autofree char *what = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_set_error(error, HV_DRIVER_ERROR, HV_DRIVER_ERROR_UNAVAILABLE, "%s: %s%s", what,
		g_strerror(cause), advice_for(cause));
	return false;
}
