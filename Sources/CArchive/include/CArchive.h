// Declares libarchive to Swift; no policy here.
#pragma once
#include <archive.h>
#include <archive_entry.h>
