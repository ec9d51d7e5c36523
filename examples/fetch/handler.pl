#!/usr/bin/perl
# Fetches a file over HTTP. Only modules that come with Perl.
#   stdin   {"url": "http://...", "target": "/where/it/goes", "sha256": "optional"}
#   result  {"target", "bytes", "sha256", "status"}
#
# A server that has trouble (5xx, 429, no connection) deserves another try; a wrong address does not. Safe to run again: the file is
# written beside its place, compared with `sha256` when that is given, and renamed.
use strict;
use warnings;
use Digest::SHA;
use File::Basename qw(dirname);
use File::Path qw(make_path);
use File::Temp;
use HTTP::Tiny;
use IO::Handle;
use JSON::PP;

my $json = JSON::PP->new->utf8->canonical;
STDOUT->autoflush(1);
my $reeve;
open($reeve, '>&=', $ENV{REEVE_FD} // -1) or open($reeve, '>', '/dev/null') or die "/dev/null: $!";
$reeve->autoflush(1);
$SIG{TERM} = sub { exit 143 };          # stopped by reeve: the unfinished file goes away

sub tell_reeve { my ($type, %members) = @_; print {$reeve} $json->encode({type => $type, %members}), "\n"; }

sub try_again {
  my ($code, $message) = @_;
  tell_reeve('error', code => $code, message => $message, retry => JSON::PP::true);
  print STDERR "$message\n";
  exit 75;                               # EX_TEMPFAIL: says the same to whoever reads no messages
}

sub reject {
  my ($code, $message) = @_;
  tell_reeve('reject', code => $code, message => $message);
  print STDERR "$message\n";
  exit 65;                               # EX_DATAERR
}

my $task = eval { $json->decode(do { local $/; <STDIN> }) };
reject('bad_payload', 'the payload is not a JSON object') unless ref $task eq 'HASH';
my ($url, $target) = @$task{qw(url target)};
reject('bad_payload', 'url: an http:// address is wanted') unless ($url // '') =~ m{^http://}i;
reject('bad_payload', 'target: an absolute path is wanted') unless ($target // '') =~ m{^/};

make_path(dirname($target));
my $file = File::Temp->new(DIR => dirname($target), TEMPLATE => '.unfinished.XXXXXX');   # removed unless it is renamed
my ($bytes, $told, $sum) = (0, -1, Digest::SHA->new(256));

sub take {
  my ($data, $response) = @_;
  return unless $response->{status} =~ m{^2};
  print {$file} $data or try_again('disk', "$target: $!");
  $sum->add($data);
  $bytes += length $data;
  my $length = $response->{headers}{'content-length'} or return;
  my $percent = int(100 * $bytes / $length);
  tell_reeve('progress', percent => $percent, current => $bytes, total => 0 + $length) if $percent > $told;
  $told = $percent;
}

print "fetching $url, attempt ", $ENV{REEVE_ATTEMPT} // 1, "\n";
my $response = HTTP::Tiny->new(timeout => 20, agent => 'reeve-example-fetch')->get($url, {data_callback => \&take});
my $status = $response->{status};        # 599: no answer at all

try_again("http_$status", "$url: " . ($status == 599 ? $response->{content} =~ s/\s+$//r : "the server answers $status"))
  if $status >= 500 || $status == 429;
reject("http_$status", "$url: the server answers $status $response->{reason}") unless $response->{success};

my $digest = $sum->hexdigest;
reject('wrong_sum', "$url: sha256 is $digest, not $task->{sha256}") if defined $task->{sha256} && lc $task->{sha256} ne $digest;

$file->flush or try_again('disk', "$target: $!");
chmod 0644, $file->filename;
rename $file->filename, $target or try_again('disk', "$target: $!");
$file->unlink_on_destroy(0);
print "$target: $bytes bytes\n";
tell_reeve('result', value => {target => $target, bytes => $bytes, sha256 => $digest, status => 0 + $status});
