# Writes FILE, a header with VERSION and the commit of SOURCE ("" where git knows none); only where it changed.
execute_process(COMMAND git describe --always --dirty --abbrev=12 --exclude=*
                WORKING_DIRECTORY ${SOURCE} OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
file(CONFIGURE OUTPUT ${FILE} CONTENT [[#pragma once

#define DSQ_VERSION "@VERSION@"
#define DSQ_COMMIT "@commit@"
]] @ONLY)
