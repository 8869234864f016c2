// Tensors at the door of an operator: what is wrong with them, as a Status.
#pragma once

#include <initializer_list>

#include "dsq/status.h"
#include "operators/tensor_view.h"

namespace dsq {

// A tensor of any element type, with the name of the argument.
struct NamedView {
    template <typename Element>
    NamedView(const char *argument, const TensorView<Element> &view)
        : name(argument),
          data(view.data),
          channels(view.channels),
          width(view.width),
          height(view.height),
          batch(view.batch),
          border(view.border) {
    }
    const char *name;
    const void *data;
    int channels, width, height, batch, border;
};

// channels x width x height x batch.
struct Extents {
    int channels, width, height, batch;
};

// None is null, none has a negative extent, all are small enough for kernels, which count in int.
Status check_tensor_views(std::initializer_list<NamedView> tensors);

// `tensor` has the extents that follow from `cause`.
Status check_extents(const NamedView &tensor, const Extents &expected, const NamedView &cause);

}  // namespace dsq
