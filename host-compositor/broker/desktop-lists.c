#include "desktop-lists.h"

#include <stdbool.h>
#include <string.h>

#include <glib.h>

#include "safe-text.h"

/* Those of the Desktop Menu Specification 1.1 that any entry may have. */
static const char categories[] =
	";AudioVideo;Audio;Video;Development;Education;Game;Graphics;Network;Office;Science;"
	"Settings;System;Utility;"
	"Building;Debugger;IDE;GUIDesigner;Profiling;RevisionControl;Translation;Calendar;"
	"ContactManagement;Database;Dictionary;Chart;Email;Finance;FlowChart;PDA;"
	"ProjectManagement;Presentation;Spreadsheet;WordProcessor;2DGraphics;VectorGraphics;"
	"RasterGraphics;3DGraphics;Scanning;OCR;Photography;Publishing;Viewer;TextTools;"
	"DesktopSettings;HardwareSettings;Printing;PackageManager;Dialup;InstantMessaging;Chat;"
	"IRCClient;Feed;FileTransfer;HamRadio;News;P2P;RemoteAccess;Telephony;TelephonyTools;"
	"VideoConference;WebBrowser;WebDevelopment;Midi;Mixer;Sequencer;Tuner;TV;"
	"AudioVideoEditing;Player;Recorder;DiscBurning;ActionGame;AdventureGame;ArcadeGame;"
	"BoardGame;BlocksGame;CardGame;KidsGame;LogicGame;RolePlaying;Shooter;Simulation;"
	"SportsGame;StrategyGame;Art;Construction;Music;Languages;ArtificialIntelligence;"
	"Astronomy;Biology;Chemistry;ComputerScience;DataVisualization;Economy;Electricity;"
	"Geography;Geology;Geoscience;History;Humanities;ImageProcessing;Literature;Maps;Math;"
	"NumericalAnalysis;MedicalSoftware;Physics;Robotics;Spirituality;Sports;"
	"ParallelComputing;Amusement;Archiving;Compression;Electronics;Emulator;Engineering;"
	"FileTools;FileManager;TerminalEmulator;Filesystem;Monitor;Security;Accessibility;"
	"Calculator;Clock;TextEditor;Documentation;Adult;Core;KDE;GNOME;XFCE;GTK;Qt;Motif;Java;"
	"ConsoleOnly;";

static const char media[] = ";application;audio;chemical;font;image;inode;message;model;multipart;"
			    "text;video;x-content;x-epoc;x-scheme-handler;x-world;";

/* RFC 6838, which has fewer characters than RFC 2045. */
static const char name_letters[] = "!#$&-^_.+";

static bool in_list(const char *list, const char *item)
{
	g_autofree char *enclosed = g_strdup_printf(";%s;", item);

	return strstr(list, enclosed) != NULL;
}

static bool is_category(const char *item)
{
	return !strchr(item, ';') && in_list(categories, item);
}

static bool is_mime_type(const char *item)
{
	g_auto(GStrv) parts = g_strsplit(item, "/", -1);

	if (g_strv_length(parts) != 2 || !in_list(media, parts[0]) || !g_ascii_isalnum(parts[1][0]))
		return false;
	for (const char *at = parts[1]; *at; at++) {
		if (!g_ascii_isalnum(*at) && !strchr(name_letters, *at))
			return false;
	}
	return true;
}

static bool is_keyword(const char *item)
{
	return *item && !strchr(item, '\\');
}

/* What is right of the items, each once. Each is made safe by itself, so that a list that has been
 * made of it, and is read again, stays as it is: a mark must not hang on the separator before it.
 */
static char *pick_from(struct vp_text given, bool (*is_right)(const char *item))
{
	g_autofree char *text = g_strndup(given.data, given.len);
	g_auto(GStrv) items = g_strsplit(text, ";", -1);
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *picked = g_string_new(NULL);

	for (size_t i = 0; items[i]; i++) {
		char *item = g_strstrip(hc_safe_text(vp_text_from(items[i], given.len)));
		bool right = is_right(item);

		if (g_hash_table_add(seen, item) && right)
			g_string_append_printf(picked, "%s;", item);
	}
	return g_string_free(picked, FALSE);
}

char *hc_desktop_categories(struct vp_text given)
{
	return pick_from(given, is_category);
}

char *hc_desktop_mime_types(struct vp_text given)
{
	return pick_from(given, is_mime_type);
}

char *hc_desktop_keywords(struct vp_text given)
{
	return pick_from(given, is_keyword);
}
