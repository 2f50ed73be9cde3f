//! Summary of the rounds.

use crate::{
    common::{
        full_load::FullLoadRound,
        statistics::{format_verdict, median},
    },
    measured_server::MeasuredServer,
};

/// Prints the medians of the rounds at full load.
pub fn full_load(subjects: [&MeasuredServer; 5]) {
    println!("\nfull load                  verdicts/s   server µs/call   Redis µs/call   load µs/call");
    for subject in subjects {
        let FullLoadRound { rate, server, behind: redis, load } = subject.at_full_load();
        println!("{:<26} {rate:>10.0} {server:>16.1} {redis:>15.1} {load:>14.1}", subject.name);
    }
    let [constant, bounded, stream, strong, get_setex] = subjects.map(MeasuredServer::at_full_load);
    let to_constant = bounded.rate / constant.rate;
    let to_get_setex = strong.rate / get_setex.rate;
    println!("BOUNDED / constant         {}", format_verdict(to_constant, to_constant >= 0.90, "at least 0.90"));
    println!("  by server CPU            {:>7.2}", constant.server / bounded.server);
    println!("stream / BOUNDED           {:>7.2}", stream.rate / bounded.rate);
    println!("  by server CPU            {:>7.2}", bounded.server / stream.server);
    println!("STRONG / GET+SETEX         {}", format_verdict(to_get_setex, to_get_setex >= 2.5, "at least 2.5"));
    println!("  by server CPU            {:>7.2}", get_setex.server / strong.server);
}

/// Prints the latencies in microseconds, from when a call was due, at half the full-load rate of `of`.
pub fn fixed_rate(of: &str, rate: f64, constant: &MeasuredServer, bounded: &MeasuredServer) {
    println!("\n{:<26}     p50 µs     p99 µs   p99.9 µs", format!("{rate:.0} calls/s, half of {of}"));
    for subject in [constant, bounded] {
        let [p50, p99, p999] = [
            subject.latency(|round| round.p50),
            subject.latency(|round| round.p99),
            subject.latency(|round| round.p999),
        ];
        println!("{:<26} {p50:>10.0} {p99:>10.0} {p999:>10.0}", subject.name);
        let given_up: u64 = subject.at_fixed_rate.iter().map(|round| round.unsent_calls).sum();
        if given_up > 0 {
            println!("  overloaded: {given_up} calls were due but not sent; their waiting time is included");
        }
    }
    let ratio = bounded.latency(|round| round.p99) / constant.latency(|round| round.p99);
    println!("p99 BOUNDED / constant     {}", format_verdict(ratio, ratio <= 1.25, "at most 1.25"));
}

pub fn by_h2load(constant: &MeasuredServer, bounded: &MeasuredServer) {
    println!("\nh2load, one token          requests/s");
    for subject in [constant, bounded] {
        println!("{:<26} {:>10.0}", subject.name, median(&subject.by_h2load));
    }
    println!("BOUNDED / constant         {:>7.2}", median(&bounded.by_h2load) / median(&constant.by_h2load));
}
