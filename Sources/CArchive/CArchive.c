// Declares libarchive; and keeps the formats that nobody writes out of the programs.
#include "CArchive.h"

// libarchive's tar writers call this for a type of file that a tar cannot hold. In the static library it stands in the
// object that names all formats, 7zip and xar among them, which would link libbz2 and libxml2 (1.4 ms of every start). A
// libarchive that moves it does not link, so nothing goes unnoticed.
void __archive_write_entry_filetype_unsupported(
    struct archive *archive, struct archive_entry *entry, const char *format) {
  archive_set_error(
      archive, ARCHIVE_FAILED, "%s: a file of this type cannot be written as %s", archive_entry_pathname(entry), format);
}
