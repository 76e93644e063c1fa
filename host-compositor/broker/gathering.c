#include "gathering.h"

struct hc_gathering *hc_gathering_create(struct hc_broker *broker,
	GDBusMethodInvocation *invocation, void (*finish)(struct hc_gathering *gathering))
{
	struct hc_gathering *gathering = g_new0(struct hc_gathering, 1);

	gathering->broker = broker;
	gathering->invocation = invocation;
	gathering->rows = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	gathering->finish = finish;
	gathering->holds = 1;
	return gathering;
}

void hc_gathering_hold(struct hc_gathering *gathering)
{
	gathering->holds++;
}

void hc_gathering_release(struct hc_gathering *gathering)
{
	if (--gathering->holds > 0)
		return;
	gathering->finish(gathering);
	g_ptr_array_unref(gathering->rows);
	g_free(gathering);
}

GVariant *hc_gathering_rows(const struct hc_gathering *gathering)
{
	return g_variant_new_array(G_VARIANT_TYPE_VARDICT,
		(GVariant *const *)gathering->rows->pdata, gathering->rows->len);
}
