#include "toolkits.h"

#include <glib.h>

static const struct {
	const char *name;
	const char *value;
} variables[] = {
	/* Java waits for its windows to be put into a frame's window, which does not happen here.
	 */
	{ "_JAVA_AWT_WM_NONREPARENTING", "1" },
	/* Qt 6 scales all that it draws by Xft/DPI. Qt 5 does so when asked to: the first until
	 * 5.13, the second after. It would round to whole factors, as Qt 6 does not. */
	{ "QT_AUTO_SCREEN_SCALE_FACTOR", "1" },
	{ "QT_ENABLE_HIGHDPI_SCALING", "1" },
	{ "QT_SCALE_FACTOR_ROUNDING_POLICY", "PassThrough" },
};

void ga_toolkits_set_environment(void)
{
	for (size_t i = 0; i < G_N_ELEMENTS(variables); i++)
		g_setenv(variables[i].name, variables[i].value, FALSE);
}
