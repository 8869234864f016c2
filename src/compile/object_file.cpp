#include "compile/object_file.h"

#include <elf.h>

#include <cstring>
#include <optional>
#include <string_view>

namespace dsq {
namespace {

class Reader {
public:
    explicit Reader(std::span<const std::byte> file) : file_(file) {
    }

    // A copy: the file's structures need not be aligned here.
    template <typename Structure>
    std::optional<Structure> at(std::size_t offset) const {
        if (offset > file_.size() || file_.size() - offset < sizeof(Structure)) return std::nullopt;
        Structure structure = {};
        std::memcpy(&structure, file_.data() + offset, sizeof(Structure));
        return structure;
    }

    // The characters from there to the next 0.
    std::optional<std::string> text(std::size_t offset) const {
        if (offset > file_.size()) return std::nullopt;
        const std::string_view rest(reinterpret_cast<const char *>(file_.data()) + offset, file_.size() - offset);
        const std::size_t end = rest.find('\0');
        if (end == std::string_view::npos) return std::nullopt;
        return std::string(rest.substr(0, end));
    }

private:
    std::span<const std::byte> file_;
};

Status broken(const std::string &what) {
    return {ErrorCode::invalid_file, "an object file's " + what};
}

void count(const Elf64_Shdr &section, ObjectFacts &facts) {
    if ((section.sh_flags & SHF_ALLOC) == 0) return;
    if ((section.sh_flags & SHF_WRITE) != 0) {
        facts.writable_bytes += section.sh_size;
    } else if ((section.sh_flags & SHF_EXECINSTR) != 0) {
        facts.code_bytes += section.sh_size;
    } else if (section.sh_type == SHT_PROGBITS) {
        facts.constant_bytes += section.sh_size;
    }
}

Status read_symbols(const Reader &file, const Elf64_Shdr &symbols, std::size_t names, ObjectFacts &facts) {
    for (std::size_t index = 1; index < symbols.sh_size / sizeof(Elf64_Sym); ++index) {
        const auto symbol = file.at<Elf64_Sym>(symbols.sh_offset + index * sizeof(Elf64_Sym));
        if (!symbol) return broken("symbols end behind the file");
        if (symbol->st_shndx != SHN_UNDEF) continue;
        const auto name = file.text(names + symbol->st_name);
        if (!name) return broken("names of symbols end behind the file");
        facts.undefined.push_back(*name);
    }
    return {};
}

}  // namespace

Status read_object(std::span<const std::byte> bytes, ObjectFacts &facts) {
    const Reader file(bytes);
    const auto header = file.at<Elf64_Ehdr>(0);
    if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 || header->e_ident[EI_CLASS] != ELFCLASS64 ||
        header->e_ident[EI_DATA] != ELFDATA2LSB || header->e_shentsize != sizeof(Elf64_Shdr)) {
        return broken("header is not that of 64-bit ELF, little endian");
    }
    const auto section = [&](std::size_t index) {
        return file.at<Elf64_Shdr>(header->e_shoff + index * sizeof(Elf64_Shdr));
    };
    facts = {};
    for (std::size_t index = 0; index < header->e_shnum; ++index) {
        const auto found = section(index);
        if (!found) return broken("sections end behind the file");
        count(*found, facts);
        if (found->sh_type != SHT_SYMTAB) continue;
        const auto names = section(found->sh_link);
        if (!names) return broken("names of symbols lie behind the file");
        if (Status status = read_symbols(file, *found, names->sh_offset, facts); !status.ok()) return status;
    }
    return {};
}

}  // namespace dsq
