// The entry of a program that executes itself anew from a sealed mount before anything else. The linker is told of its name
// (Package.swift); nothing calls it.
#pragma once
void containr_sealed_entry(void);
