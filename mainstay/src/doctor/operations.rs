//! Lines about how the process runs, is watched, and ends.

use http::StatusCode;

use super::{Found, Running};

pub fn cores(running: &Running) -> Found {
    let Some(threads) = running.metric("mainstay_process_threads") else {
        return Found::not_checked("the metrics do not tell the process's threads");
    };
    if !running.target.public.address.ip().is_loopback() {
        return Found::not_checked(format!(
            "the process has {threads} threads; its machine's cores are not seen from here"
        ));
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let words = format!("the process has {threads} threads on {cores} cores");
    match cores {
        1 => Found::look(format!("{words}; there is one core to use")),
        _ if threads > cores as f64 => Found::good(words),
        _ => Found::bad(words),
    }
}

pub fn pools(running: &Running) -> Found {
    let limits = running.json("/v1/limits");
    let rows =
        limits.as_ref().and_then(|limits| limits["rows"].as_array()).map(Vec::as_slice).unwrap_or_default();
    let seen: Vec<String> = rows
        .iter()
        .filter(|row| row["used"].is_number() && row["most"].is_number())
        .map(|row| {
            format!("{} {} of {}", row["limit"].as_str().unwrap_or_default(), row["used"], row["most"])
        })
        .collect();
    if seen.is_empty() {
        return Found::not_checked("the operators' listener did not tell the limits");
    }
    let refusing: Vec<String> = rows
        .iter()
        .filter(|row| row["refused"].as_f64().is_some_and(|refused| refused > 0.0))
        .map(|row| {
            format!(
                "{} refused {} times (limit of {})",
                row["limit"].as_str().unwrap_or_default(),
                row["refused"],
                row["key"]
            )
        })
        .collect();
    if refusing.is_empty() {
        Found::good(format!("{}; nothing was refused since the start", seen.join(", ")))
    } else {
        Found::look(refusing.join("; "))
    }
}

pub fn shutdown(running: &Running) -> Found {
    let (Some(drain), Some(requests)) =
        (running.setting("process.drain_seconds"), running.setting("http.drain_timeout_ms"))
    else {
        return Found::not_checked("the operators' listener did not tell the configuration");
    };
    let seconds: u64 = drain.parse().unwrap_or(0);
    let configured = format!("a drain has {drain} s, requests in flight {requests} ms of it");
    if seconds == 0 {
        return Found::bad(format!("{configured}: everything in flight is cut off"));
    }
    let services = running.json("/v1/services");
    let last = services.as_ref().map(|services| &services["last_drain"]).filter(|last| last.is_object());
    match last {
        None => Found::not_checked(format!(
            "{configured}; no earlier process of this data folder left a record of its drain"
        )),
        Some(last) if last["clean"] == true => Found::good(format!(
            "{configured}; the last one, at {}, was clean and took {} ms",
            last["at"], last["took_ms"]
        )),
        Some(last) => Found::look(format!(
            "{configured}; the last one, at {}, did not end in time: {}",
            last["at"], last["left"]
        )),
    }
}

pub fn health(running: &Running) -> Found {
    let mut words = Vec::new();
    let mut failing = false;
    for path in ["/healthz", "/readyz", "/startupz"] {
        let Some(answer) = running.answer(path) else {
            return Found::not_checked(format!("GET {path} was not answered"));
        };
        failing |= answer.status != StatusCode::OK;
        words.push(format!("GET {path}: {}", answer.status.as_u16()));
    }
    let report = running.json("/readyz").unwrap_or_default();
    let checks = report["checks"].as_array().map(Vec::as_slice).unwrap_or_default();
    let sick: Vec<&str> = checks
        .iter()
        .filter(|check| check["ok"] != true)
        .filter_map(|check| check["name"].as_str())
        .collect();
    words.push(format!("{} checks behind them", checks.len()));
    if failing {
        return Found::bad(format!("{}; failing: {}", words.join(", "), sick.join(", ")));
    }
    if !sick.is_empty() {
        return Found::look(format!("{}; reported as sick: {}", words.join(", "), sick.join(", ")));
    }
    Found::good(words.join(", "))
}

pub fn profiles(running: &Running) -> Found {
    let mut words = Vec::new();
    let mut good = true;
    for (name, path) in
        [("heap profile", "/v1/profiles/heap"), ("CPU profile of a second", "/v1/profiles/cpu?seconds=1")]
    {
        match running.answer(path) {
            Some(answer) if answer.status == StatusCode::OK && !answer.body.is_empty() => {
                words.push(format!("{name}: {} bytes", answer.body.len()));
            }
            Some(answer) => {
                good = false;
                words.push(format!("{name}: {}", answer.status.as_u16()));
            }
            None => return Found::not_checked("the operators' listener did not answer"),
        }
    }
    if good { Found::good(words.join(", ")) } else { Found::bad(words.join(", ")) }
}

pub fn lag(running: &Running) -> Found {
    let Some(page) = running.metrics() else { return Found::not_checked("the metrics were not answered") };
    let series =
        page.lines().filter(|line| line.starts_with("mainstay_runtime_") && line.contains("lag")).count();
    if series == 0 {
        return Found::bad("no metric tells how late the workers are");
    }
    Found::good(format!("{series} series tell how late the workers are"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::Verdict;

    #[test]
    fn a_drain_is_believed_when_one_was_seen() {
        let configured = r#"{"rows":[{"key":"process.drain_seconds","value":"10"},{"key":"http.drain_timeout_ms","value":"5000"}]}"#;
        let seen = |last: &str| {
            let services = format!(r#"{{"last_drain":{last}}}"#);
            let running = Running::silent().with("/v1/configuration", &[], configured);
            shutdown(&running.with("/v1/services", &[], &services)).verdict
        };
        assert_eq!(seen("null"), Verdict::NotChecked);
        assert_eq!(seen(r#"{"at":"x","clean":true,"took_ms":40}"#), Verdict::Good);
        assert_eq!(seen(r#"{"at":"x","clean":false,"left":"http.connection"}"#), Verdict::Look);
        let none = r#"{"rows":[{"key":"process.drain_seconds","value":"0"},{"key":"http.drain_timeout_ms","value":"0"}]}"#;
        assert_eq!(shutdown(&Running::silent().with("/v1/configuration", &[], none)).verdict, Verdict::Bad);
    }

    #[test]
    fn a_sick_peer_wants_a_look_and_a_full_pool_too() {
        let well = || {
            let ok = r#"{"status":"ready","checks":[{"name":"database a","ok":true}]}"#;
            Running::silent().with("/healthz", &[], "{}").with("/startupz", &[], "{}").with(
                "/readyz",
                &[],
                ok,
            )
        };
        assert_eq!(health(&well()).verdict, Verdict::Good);
        let sick = r#"{"status":"ready","checks":[{"name":"peer b","ok":false}]}"#;
        assert_eq!(health(&well().with("/readyz", &[], sick)).verdict, Verdict::Look);
        let limits = |refused: u32| {
            let rows = format!(
                r#"{{"rows":[{{"limit":"connections","used":3,"most":10,"refused":{refused},"key":"k"}}]}}"#
            );
            pools(&Running::silent().with("/v1/limits", &[], &rows)).verdict
        };
        assert_eq!((limits(0), limits(2)), (Verdict::Good, Verdict::Look));
    }
}
