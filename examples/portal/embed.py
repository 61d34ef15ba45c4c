"""embed.py FILE NAME: an ASCII file as a C array of that name, on standard output."""
import sys

data = open(sys.argv[1], encoding="ascii").read().encode() + b"\0"
print('#include "examples/portal/pages.h"')
print(f"const char {sys.argv[2]}[] = {{{','.join(str(b) for b in data)}}};")
