#include "files.h"

static bool note_offer(struct hc_files *files, uint32_t request)
{
	if (files->count == VP_FILES_REQUESTS_MAX)
		return false;
	files->offers[files->count++] = request;
	return true;
}

bool hc_files_admit(struct hc_files *files, const struct vp_message *message)
{
	return message->op != VP_OP_FILES_OFFER || note_offer(files, message->files_offer.request);
}

void hc_files_note_answer(struct hc_files *files, const struct hc_link_message *message)
{
	if (message->op != HC_LINK_OP_FILES_ANSWER)
		return;
	for (size_t i = 0; i < files->count; i++)
		if (files->offers[i] == message->files_answer.request)
			files->offers[i--] = files->offers[--files->count];
}

uint32_t hc_files_take_offer(struct hc_files *files)
{
	return files->count > 0 ? files->offers[--files->count] : 0;
}
