// Declares the system library to Swift; no policy here.
#pragma once
#include <sqlite3.h>
