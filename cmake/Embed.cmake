# Writes OUTPUT, a C++ file that defines, for each "name=path" of FILES, `const std::string_view <name>` in namespace NAMESPACE
# with the bytes of the file. HEADER declares them.
set(text "#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\n")
foreach(entry IN LISTS FILES)
  string(REGEX MATCH "^([^=]+)=(.+)$" matched "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ ${CMAKE_MATCH_2} bytes HEX)
  string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
  string(APPEND text "\nstatic const unsigned char ${name}_bytes[] = {${bytes}};\n"
                     "extern const std::string_view ${name};\nconst std::string_view ${name}(reinterpret_cast<const char *>(${name}_bytes), sizeof ${name}_bytes);\n")
endforeach()
file(WRITE ${OUTPUT} "${text}\n}  // namespace ${NAMESPACE}\n")
