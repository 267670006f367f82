// Declares the system library to Swift; no policy here.
#pragma once
#include <json-c/json_object.h>
#include <json-c/json_object_iterator.h>
#include <json-c/json_tokener.h>
