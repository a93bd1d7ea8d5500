/**
 * @file Node's functions on Windows. They are looked up in the program that loads the addon, whatever its name, so that
 *   neither an import library nor a hook for delayed loading is needed, and the addon works in programs that have Node
 *   within them. A declaration with `dllimport` makes the compiler call through pointers of these names.
 */
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include "node-api-functions.h"

#define POINTER(name) FARPROC __imp_##name;
NODE_API_FUNCTIONS(POINTER)

#define FIND(name) \
  if ((__imp_##name = GetProcAddress(host, #name)) == NULL) return FALSE;

/** Where a function is missing, the addon is not loaded, and whoever loads it is told so. */
BOOL WINAPI DllMain(HINSTANCE addon, DWORD reason, LPVOID reserved) {
  (void)addon;
  (void)reserved;
  if (reason != DLL_PROCESS_ATTACH) return TRUE;
  HMODULE host = GetModuleHandleW(NULL);
  // Where Node is a library of its own.
  if (GetProcAddress(host, "napi_create_function") == NULL) host = GetModuleHandleW(L"libnode.dll");
  if (host == NULL) return FALSE;
  NODE_API_FUNCTIONS(FIND)
  return TRUE;
}
