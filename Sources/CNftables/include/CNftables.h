// Declares the system library to Swift; no policy here.
#pragma once
#include <nftables/libnftables.h>
