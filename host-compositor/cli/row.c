#include "row.h"

#include "output.h"

const char *hc_row_text(GVariant *row, const char *key)
{
	const char *text = "";

	g_variant_lookup(row, key, "&s", &text);
	return text;
}

int64_t hc_row_number(GVariant *row, const char *key)
{
	g_autoptr(GVariant) value = g_variant_lookup_value(row, key, NULL);

	if (!value)
		return 0;
	switch (g_variant_classify(value)) {
	case G_VARIANT_CLASS_INT32:
		return g_variant_get_int32(value);
	case G_VARIANT_CLASS_UINT32:
		return g_variant_get_uint32(value);
	case G_VARIANT_CLASS_INT64:
		return g_variant_get_int64(value);
	case G_VARIANT_CLASS_UINT64:
		return (int64_t)g_variant_get_uint64(value);
	default:
		return 0;
	}
}

char *hc_cell_text(GVariant *row, const char *key)
{
	return g_strdup(hc_row_text(row, key));
}

char *hc_cell_number(GVariant *row, const char *key)
{
	return g_strdup_printf("%" G_GINT64_FORMAT, hc_row_number(row, key));
}

char *hc_cell_bytes(GVariant *row, const char *key)
{
	return hc_format_bytes((double)hc_row_number(row, key));
}
