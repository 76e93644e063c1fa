#include "recall.h"

#include <glib.h>

struct answer {
	bool allowed;
	int64_t until;
};

struct hc_recall {
	GHashTable *answers; /* of struct answer, by key */
};

struct hc_recall *hc_recall_create(void)
{
	struct hc_recall *recall = g_new(struct hc_recall, 1);

	recall->answers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	return recall;
}

void hc_recall_destroy(struct hc_recall *recall)
{
	if (!recall)
		return;
	g_hash_table_unref(recall->answers);
	g_free(recall);
}

/* Names of VMs and types have no blanks; a VM that has got another label is another one. */
static char *make_key(const struct hv_policy_request *request)
{
	return g_strdup_printf("%d %s %06x %s %06x %s", (int)request->service,
		request->from.name ? request->from.name : "", request->from.colour,
		request->to.name ? request->to.name : "", request->to.colour,
		request->type ? request->type : "");
}

static gboolean is_over(gpointer key, gpointer value, gpointer now)
{
	const struct answer *answer = value;

	(void)key;
	return *(const int64_t *)now >= answer->until;
}

void hc_recall_add(struct hc_recall *recall, const struct hv_policy_request *request, bool allowed,
	int64_t now, int64_t until)
{
	struct answer *answer = g_new(struct answer, 1);

	*answer = (struct answer){ .allowed = allowed, .until = until };
	g_hash_table_foreach_remove(recall->answers, is_over, &now);
	g_hash_table_replace(recall->answers, make_key(request), answer);
}

bool hc_recall_find(const struct hc_recall *recall, const struct hv_policy_request *request,
	int64_t now, bool *allowed)
{
	g_autofree char *key = make_key(request);
	const struct answer *answer = g_hash_table_lookup(recall->answers, key);

	if (!answer || now >= answer->until)
		return false;
	*allowed = answer->allowed;
	return true;
}

void hc_recall_forget(struct hc_recall *recall)
{
	g_hash_table_remove_all(recall->answers);
}
