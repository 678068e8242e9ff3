//! Who uses the processor.

use std::hint::black_box;
use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use mainstay_core::Clock;
use mainstay_profile::codes::BUSY;
use mainstay_profile::{Form, Profile, cpu};

#[inline(never)]
fn burns_the_processor(until: &AtomicBool) -> u64 {
    let mut sum = 0_u64;
    while !until.load(Ordering::Relaxed) {
        for number in 0..10_000 {
            sum = black_box(sum.wrapping_mul(31).wrapping_add(number));
        }
    }
    sum
}

/// How long the calling thread has been on a processor, in nanoseconds.
fn own_cpu_time() -> Option<u64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split_whitespace().next()?.parse().ok()
}

// One test, because a process has one profile at a time.
#[tokio::test(flavor = "multi_thread")]
async fn a_profile_names_who_burns_in_every_form() {
    let until = Arc::new(AtomicBool::new(false));
    let end = Arc::clone(&until);
    let burner = std::thread::Builder::new().name("burner".into());
    let burning = burner.spawn(move || (burns_the_processor(&end), own_cpu_time())).unwrap();
    let clock = Clock::system();
    let (profile, second) = tokio::join!(
        cpu::profile(Duration::from_secs(2), &clock),
        cpu::profile(Duration::from_secs(1), &clock)
    );
    until.store(true, Ordering::Relaxed);
    let (_, burnt) = burning.join().unwrap();
    let burnt = burnt.unwrap();
    assert!(second.map(drop).unwrap_err().is(&BUSY));

    let profile = profile.unwrap();
    let folded = String::from_utf8(profile.write(Form::Folded, "")).unwrap();
    let of_burner: u64 = folded
        .lines()
        .filter(|line| line.starts_with("burner;") && line.contains("burns_the_processor"))
        .filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok())
        .sum();
    assert!(
        of_burner > burnt / 2 && of_burner < burnt * 3 / 2,
        "seen for {of_burner} of {burnt} ns:\n{folded}"
    );
    let svg = String::from_utf8(profile.write(Form::Svg, "a & b")).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("burns_the_processor"), "{svg}");
    let mut pprof = Vec::new();
    let packed = profile.write(Form::Pprof, "");
    flate2::read::GzDecoder::new(packed.as_slice()).read_to_end(&mut pprof).unwrap();
    let has = |text: &str| pprof.windows(text.len()).any(|part| part == text.as_bytes());
    assert!(has("burns_the_processor") && has("nanoseconds") && has("burner"));
}

#[test]
fn a_heap_profile_is_written_from_what_the_allocator_tells() {
    let here = a_heap_profile_is_written_from_what_the_allocator_tells as fn() as usize;
    let profile =
        Profile::heap(vec![(vec![here + 8, here + 16], 4_096.0), (vec![here + 8, here + 16], 4_096.0)]);
    let folded = String::from_utf8(profile.write(Form::Folded, "")).unwrap();
    assert!(folded.trim_end().ends_with(" 8192"), "{folded}");
    assert!(folded.contains("a_heap_profile_is_written"), "{folded}");
}
