//! The rav1e tools for each effort. A still has no use for tools that compare frames.

use darkroom_rav1e::prelude::{
    BlockSize, PartitionRange, PredictionModesSetting, SceneDetectionSpeed, SpeedSettings, Tune,
};

/// Effort 0 measures plain errors; all others weigh errors by masking, which takes a third longer and saves 6%.
pub(super) fn tune(effort: u8) -> Tune {
    if effort == 0 { Tune::Psnr } else { Tune::Psychovisual }
}

/// Above this effort, rav1e's extra tools take two to three times as long and save nothing.
const SLOWEST: u8 = 8;

/// Each row adds to the one before. docs/speed.md has the measurements.
pub(super) fn settings(effort: u8) -> SpeedSettings {
    let mut speed = SpeedSettings::from_preset(10 - effort.min(SLOWEST));
    speed.multiref = false;
    speed.rdo_lookahead_frames = 1;
    speed.scene_detection_mode = SceneDetectionSpeed::None;
    speed.motion.include_near_mvs = false;
    speed.motion.use_satd_subpel = false;

    speed.prediction.fine_directional_intra = effort >= 2;
    speed.cdef = effort >= 4;
    speed.partition.partition_range = match effort {
        0..=2 => PartitionRange::new(BlockSize::BLOCK_16X16, BlockSize::BLOCK_16X16),
        3 => PartitionRange::new(BlockSize::BLOCK_16X16, BlockSize::BLOCK_32X32),
        4..=6 => PartitionRange::new(BlockSize::BLOCK_8X8, BlockSize::BLOCK_32X32),
        _ => PartitionRange::new(BlockSize::BLOCK_4X4, BlockSize::BLOCK_64X64),
    };
    speed.transform.rdo_tx_decision = effort >= 6;
    speed.partition.encode_bottomup = effort >= 8;
    speed.lrf = effort >= 8;
    speed.prediction.prediction_modes = PredictionModesSetting::Simple;
    speed
}
