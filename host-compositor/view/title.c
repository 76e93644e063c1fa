#include "title.h"

#include <glib.h>
#include <string.h>

#include "safe-text.h"

static char *cut(char *string, size_t max)
{
	string[vp_text_from(string, max).len] = '\0';
	return string;
}

char *hc_title_label(const char *name, const char *clean)
{
	return cut(hc_safe_labelled(name, clean), VP_TITLE_MAX);
}

char *hc_title_class(const char *name, const char *clean)
{
	return cut(g_strdup_printf("%s:%s", name, clean), VP_CLASS_MAX);
}
