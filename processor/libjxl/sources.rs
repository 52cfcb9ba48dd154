//! Lists the files of libjxl to compile, and the changes to them.

/// The time-critical files, optimized for speed. docs/sizes.md lists their sizes.
pub(crate) const FAST: &[&str] = &[
    "lib/jxl/convolve_slow.cc",
    "lib/jxl/convolve_symmetric5.cc",
    "lib/jxl/enc_ac_strategy.cc",
    "lib/jxl/enc_adaptive_quantization.cc",
    "lib/jxl/enc_chroma_from_luma.cc",
    "lib/jxl/enc_convolve_separable5.cc",
    "lib/jxl/enc_entropy_coder.cc",
    "lib/jxl/enc_frame.cc",
    "lib/jxl/enc_gaborish.cc",
    "lib/jxl/enc_group.cc",
    "lib/jxl/enc_xyb.cc",
];

/// All others, optimized for size.
pub(crate) const SMALL: &[&str] = &[
    "lib/jxl/ac_strategy.cc",
    "lib/jxl/alpha.cc",
    "lib/jxl/ans_common.cc",
    "lib/jxl/chroma_from_luma.cc",
    "lib/jxl/coeff_order.cc",
    "lib/jxl/color_encoding_internal.cc",
    "lib/jxl/compressed_dc.cc",
    "lib/jxl/dct_scales.cc",
    "lib/jxl/dec_ans.cc",
    "lib/jxl/dec_bit_reader.cc",
    "lib/jxl/dec_context_map.cc",
    "lib/jxl/dec_huffman.cc",
    "lib/jxl/dec_modular.cc",
    "lib/jxl/dec_xyb.cc",
    "lib/jxl/enc_ans.cc",
    "lib/jxl/enc_ans_simd.cc",
    "lib/jxl/enc_aux_out.cc",
    "lib/jxl/enc_bit_writer.cc",
    "lib/jxl/enc_cache.cc",
    "lib/jxl/enc_cluster.cc",
    "lib/jxl/enc_coeff_order.cc",
    "lib/jxl/enc_context_map.cc",
    "lib/jxl/enc_external_image.cc",
    "lib/jxl/enc_fields.cc",
    "lib/jxl/enc_heuristics.cc",
    "lib/jxl/enc_huffman.cc",
    "lib/jxl/enc_huffman_tree.cc",
    "lib/jxl/enc_icc_codec.cc",
    "lib/jxl/enc_image_bundle.cc",
    "lib/jxl/enc_linalg.cc",
    "lib/jxl/enc_lz77.cc",
    "lib/jxl/enc_modular.cc",
    "lib/jxl/enc_modular_simd.cc",
    "lib/jxl/enc_noise.cc",
    "lib/jxl/enc_photon_noise.cc",
    "lib/jxl/enc_progressive_split.cc",
    "lib/jxl/enc_quant_weights.cc",
    "lib/jxl/enc_toc.cc",
    "lib/jxl/enc_transforms.cc",
    "lib/jxl/encode.cc",
    "lib/jxl/entropy_coder.cc",
    "lib/jxl/fields.cc",
    "lib/jxl/frame_header.cc",
    "lib/jxl/headers.cc",
    "lib/jxl/huffman_table.cc",
    "lib/jxl/icc_codec_common.cc",
    "lib/jxl/image.cc",
    "lib/jxl/image_bundle.cc",
    "lib/jxl/image_metadata.cc",
    "lib/jxl/image_ops.cc",
    "lib/jxl/jpeg/enc_jpeg_data.cc",
    "lib/jxl/jpeg/enc_jpeg_data_reader.cc",
    "lib/jxl/jpeg/enc_jpeg_huffman_decode.cc",
    "lib/jxl/jpeg/jpeg_data.cc",
    "lib/jxl/loop_filter.cc",
    "lib/jxl/luminance.cc",
    "lib/jxl/memory_manager_internal.cc",
    "lib/jxl/modular/encoding/dec_ma.cc",
    "lib/jxl/modular/encoding/enc_encoding.cc",
    "lib/jxl/modular/encoding/enc_ma.cc",
    "lib/jxl/modular/encoding/encoding.cc",
    "lib/jxl/modular/modular_image.cc",
    "lib/jxl/modular/transform/enc_palette.cc",
    "lib/jxl/modular/transform/enc_rct.cc",
    "lib/jxl/modular/transform/enc_squeeze.cc",
    "lib/jxl/modular/transform/enc_transform.cc",
    "lib/jxl/modular/transform/palette.cc",
    "lib/jxl/modular/transform/rct.cc",
    "lib/jxl/modular/transform/squeeze.cc",
    "lib/jxl/modular/transform/squeeze_params.cc",
    "lib/jxl/modular/transform/transform.cc",
    "lib/jxl/opsin_params.cc",
    "lib/jxl/quant_weights.cc",
    "lib/jxl/quantizer.cc",
    "lib/jxl/simd_util.cc",
    "lib/jxl/toc.cc",
    "third_party/highway/hwy/aligned_allocator.cc",
    "third_party/highway/hwy/per_target.cc",
    "third_party/highway/hwy/targets.cc",
];

/// A passage that occurs this many times in one of libjxl's files, and its replacement.
pub(crate) struct Change {
    pub(crate) file: &'static str,
    pub(crate) times: usize,
    pub(crate) from: &'static str,
    pub(crate) to: &'static str,
}

const fn change(file: &'static str, from: &'static str, to: &'static str) -> Change {
    Change { file, times: 1, from, to }
}

/// Saves memory, and avoids work until it is needed; the output bytes stay the same.
pub(crate) const CHANGES: &[Change] = &[
    // The maximum number of tokens in a group takes 1.5 MB, which a wasm memory never releases.
    change("lib/jxl/enc_entropy_coder.cc", "  output->reserve(3 * xsize_blocks * ysize_blocks * kDCTBlockSize);\n", ""),
    change(
        "lib/jxl/enc_entropy_coder.cc",
        "        offset[c] += size;\n      }\n    }\n  }\n  return true;",
        "        offset[c] += size;\n      }\n    }\n  }\n  output->shrink_to_fit();\n  return true;",
    ),
    // The pixels of a JPEG are never used.
    change(
        "lib/jxl/enc_frame.cc",
        "  Rect patch_rect = frame_area_rect.Extend(max_border, frame_rect);\n",
        "  Rect patch_rect = frame_area_rect.Extend(max_border, frame_rect);\n  \
           if (jpeg_data) patch_rect = Rect(0, 0, 1, 1);\n",
    ),
    // The coefficients have been converted to tokens by then.
    change(
        "lib/jxl/enc_frame.cc",
        "        TokenizeAllCoefficients(frame_header, pool, &enc_state));\n",
        "        TokenizeAllCoefficients(frame_header, pool, &enc_state));\n    enc_state.coeffs.clear();\n",
    ),
    // Two tables of half a megabyte, computed before the first image, even if that is not a JPEG XL.
    change("lib/jxl/enc_ans.cc", "  static const Lg2LUT lg2;\n", "  static const Lg2LUT& Lg2();\n"),
    change(
        "lib/jxl/enc_ans.cc",
        "  static const AllowedCounts allowed_counts;\n",
        "  static const AllowedCounts& Allowed();\n",
    ),
    Change { file: "lib/jxl/enc_ans.cc", times: 4, from: "int64_t{lg2[", to: "int64_t{Lg2()[" },
    change("lib/jxl/enc_ans.cc", " - lg2[rest - delta]}", " - Lg2()[rest - delta]}"),
    change("lib/jxl/enc_ans.cc", " - lg2[rest]}", " - Lg2()[rest]}"),
    change("lib/jxl/enc_ans.cc", "ac = allowed_counts.array", "ac = Allowed().array"),
    change("lib/jxl/enc_ans.cc", "ai = allowed_counts.index", "ai = Allowed().index"),
    change(
        "lib/jxl/enc_ans.cc",
        "const AEH::Lg2LUT AEH::lg2 = [] {",
        "const AEH::Lg2LUT& AEH::Lg2() {\nstatic const Lg2LUT made = [] {",
    ),
    change("lib/jxl/enc_ans.cc", "  return lg2;\n}();", "  return lg2;\n}();\nreturn made;\n}"),
    change(
        "lib/jxl/enc_ans.cc",
        "const AEH::AllowedCounts AEH::allowed_counts = [] {",
        "const AEH::AllowedCounts& AEH::Allowed() {\nstatic const AllowedCounts made = [] {",
    ),
    change(
        "lib/jxl/enc_ans.cc",
        "  return result;\n}();\n\n}  // namespace",
        "  return result;\n}();\nreturn made;\n}\n\n}  // namespace",
    ),
];
