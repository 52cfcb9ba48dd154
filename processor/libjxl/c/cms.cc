// Replaces libjxl's colour management. It converts nothing: pixels are sRGB or come with their own conversion
// (encode.cc), and a JPEG's samples are kept unchanged. Profiles are kept as well; only their colour space is read.

#include <jxl/cms.h>

#include <cstring>

namespace {

// The position of the data colour space in an ICC.1 profile header, and the header's length.
constexpr size_t kColorSpace = 16;
constexpr size_t kHeader = 128;

JXL_BOOL SetFields(void*, const uint8_t* icc, size_t size, JxlColorEncoding* encoding, JXL_BOOL* cmyk) {
  if (size < kHeader) return JXL_FALSE;
  const auto is = [icc](const char* signature) { return memcmp(icc + kColorSpace, signature, 4) == 0; };
  *cmyk = is("CMYK") ? JXL_TRUE : JXL_FALSE;
  *encoding = {};
  encoding->color_space = is("GRAY")   ? JXL_COLOR_SPACE_GRAY
                          : is("RGB ") ? JXL_COLOR_SPACE_RGB
                                       : JXL_COLOR_SPACE_UNKNOWN;
  // Never written: an unknown transfer function makes libjxl keep the profile itself.
  encoding->white_point = JXL_WHITE_POINT_D65;
  encoding->primaries = JXL_PRIMARIES_SRGB;
  encoding->transfer_function = JXL_TRANSFER_FUNCTION_UNKNOWN;
  encoding->rendering_intent = JXL_RENDERING_INTENT_RELATIVE;
  return JXL_TRUE;
}

void* NoConversion(void*, size_t, size_t, const JxlColorProfile*, const JxlColorProfile*, float) { return nullptr; }

constexpr JxlCmsInterface kCms = {nullptr, SetFields, nullptr, NoConversion, nullptr, nullptr, nullptr, nullptr};

}  // namespace

const JxlCmsInterface* JxlGetDefaultCms() { return &kCms; }
