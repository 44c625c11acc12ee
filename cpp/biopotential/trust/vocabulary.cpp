#include "biopotential/trust/vocabulary.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>
#include <unordered_set>

#include "biopotential/trust/text_internal.hpp"

namespace biopotential::inline v0::trust {

namespace {

// Words are folded: lower case, umlauts as ae, oe, ue, sharp s as ss. A word belongs here only if it describes a
// recording, never a person, a place or a date; given names and titles are left out even where they are also words.

constexpr std::string_view function_words =
    "a an and or of on in at to the with without no not is are by from for during before after between into off out up "
    "down over under near both all each every other this yes very more less some few "
    "und oder von vom im in an am auf aus bei beim mit ohne kein keine keinen nicht ist sind der die das dem den des "
    "ein eine einer waehrend vor nach zwischen zum zur ueber unter nahe beide beidseits alle jede andere ja nein sehr "
    "mehr weniger etwas wenig noch wieder weiter jetzt dann sich bis seit ca circa approx";

constexpr std::string_view time_words =
    "start started starting begin begins beginning end ends ended ending stop stopped onset offset pause paused "
    "resume resumed continue continued now again still next last first second third phase part period episode "
    "beginn anfang ende endet beendet pausiert fortsetzung fortgesetzt erste zweite dritte letzte naechste teil "
    "abschnitt dauer zeit time minute minutes minuten sekunde sekunden seconds stunde stunden hour hours "
    "recording record recorded aufnahme aufzeichnung ableitung messung measurement segment block trial run session "
    "test calibration calibrate kalibrierung kalibration eichung check checked ok okay ready bereit done fertig new "
    "neu "
    "marker mark event ereignis trigger response button press pressed taste tastendruck knopf stimulus stim "
    "stimulation "
    "reset resync gap luecke unterbrechung interruption boundary discontinuity edge skip missing fehlt fehlend";

constexpr std::string_view sleep_words =
    "sleep schlaf stage stadium schlafstadium schlafphase rem nrem nonrem wake wach wachheit awake awakening erwacht "
    "erwachen aufgewacht aufwachen asleep eingeschlafen einschlafen schlaeft schlaefrig schlaefrigkeit drowsy "
    "drowsiness muede muedigkeit fatigue vigilance vigilanz arousal arousals weckreaktion microarousal movement "
    "unscored "
    "unknown unbekannt lights light licht lichter dunkel dark hell bright apnea apnoea apnoe hypopnea hypopnoea "
    "hypopnoe obstructive obstruktiv obstruktive central zentral zentrale mixed gemischt gemischte rera desaturation "
    "desat entsaettigung snore snoring schnarchen spindle spindles spindel spindeln complex complexes komplex komplexe "
    "kkomplex kcomplex vertex sawtooth slow wave waves langsame welle wellen cap limb plm plms lm leg beinbewegung "
    "bein beine cheyne stokes respiration atmung periodic periodisch periodische bruxism bruxismus zaehneknirschen "
    "supine rueckenlage prone bauchlage side seite seitenlage linksseitenlage rechtsseitenlage lateral position lage "
    "upright aufrecht sitting sitzend sitzt lying liegend liegt standing stehend steht stands sits bathroom toilette "
    "cpap bipap dream traum nap epoch hypnogram hypnogramm polysomnography polysomnographie psg mslt mwt latency "
    "latenz "
    "deep tief tiefschlaf leichtschlaf nachtschlaf mittagsschlaf n1 n2 n3 n4 s1 s2 s3 s4 r w n s";

constexpr std::string_view eeg_words =
    "eo ec eyes eye open opened opening closed close closing auge augen offen oeffnen oeffnet geoeffnet auf zu "
    "schliessen "
    "schliesst geschlossen lidschluss lidschlag lidschlaege lidflattern blink blinks blinking blinzeln blinzelt rest "
    "resting ruhe ruhephase ruheableitung baseline relaxed entspannt relax entspannen "
    "hyperventilation hyperventilating hv hyperventiliert posthyperventilation posthv post pre effort good poor "
    "moderate "
    "gut schlecht maessig ausreichend mitarbeit cooperation cooperative kooperativ photic photo photostimulation "
    "fotostimulation flash flashes flicker flicker flickerlicht lichtblitze blitz strobe ips driving folgereaktion "
    "auditory visual somatosensory akustisch visuell sensorisch sensibel acoustic tone ton geraeusch noise noises laut "
    "loud leise quiet sound schmerzreiz pain painful schmerz stimulus reiz anruf called ansprache angesprochen "
    "counting "
    "zaehlen rechnen kopfrechnen arithmetic reading lesen liest speaking sprechen spricht talking talks speech sprache "
    "singing hand hands haende faust faustschluss fist fists finger fingers foot feet fuss fuesse tongue zunge "
    "motor imagery vorstellung task aufgabe instruction instruktion question frage answer antwort "
    "alpha beta theta delta gamma mu sigma lambda rhythm rhythmus aktivitaet activity grundrhythmus grundaktivitaet "
    "background hintergrund verlangsamung slowing slowed verlangsamt focal fokal herd herdbefund generalized "
    "generalised generalisiert generalisierte diffuse diffus intermittent intermittierend continuous kontinuierlich "
    "rhythmic rhythmisch rhythmische sharp scharfe scharf spike spikes spitze spitzen spikewave polyspike polyspikes "
    "paroxysm paroxysmal paroxysmale bilateral unilateral synchronous synchron asymmetry asymmetrie asymmetrisch "
    "seizure seizures anfall anfaelle krampf krampfanfall epileptic epileptiform epileptiforme epileptisch clinical "
    "klinisch subclinical subklinisch electrographic aura absence absencen tonic clonic tonisch klonisch myoclonus "
    "myoklonus myoklonie myoklonien automatism automatismen postictal postiktal preictal ictal iktal interictal "
    "interiktal discharge discharges entladung entladungen firda tirda oirda gpd lpd lrda grda pled pleds bipled "
    "triphasic triphasisch triphasische burst suppression bursts burstsuppression status pattern muster k "
    "normal abnormal auffaellig unauffaellig artefaktfrei symmetrical symmetrisch amplitude frequency frequenz high "
    "low "
    "hoch niedrig hohe niedrige medium mittel small large wide narrow fast rapid schnell schnelle irregular regular "
    "regelmaessig unregelmaessig stable stabil unstable instabil increased decreased erhoeht vermindert zunehmend "
    "abnehmend increasing decreasing beginnend leicht mild severe schwer deutlich possible probable moeglich "
    "wahrscheinlich bad good t0 t1 t2 nd ied iedd swd pdr";

constexpr std::string_view artefact_words =
    "artifact artifacts artefact artefacts artefakt artefakte muscle muscles muskel muskelartefakt muskelartefakte "
    "muskelaktivitaet muskelverspannung emg movement movements motion bewegung bewegungen bewegungsartefakt "
    "bewegungsartefakte bewegt moves moved moving unruhig restless unruhe chewing chew kauen kaut swallow swallowing "
    "schlucken schluckt schluckartefakt cough coughing coughs husten hustet sneeze niesen niest yawn yawning gaehnen "
    "gaehnt laugh laughing lachen lacht cry crying weinen weint sweat sweating schwitzen schwitz schwitzt "
    "schweissartefakt "
    "schweiss tremor zittern zittert shivering scratch scratching kratzen kratzt jaw kiefer clench clenching "
    "zusammenbeissen zaehne teeth grinding head kopf kopfbewegung turn turned drehen dreht body koerper arm arms arme "
    "neck nacken face gesicht forehead stirn shoulder schulter mouth mund talk speak "
    "electrode electrodes elektrode elektroden contact kontakt kontakte loose lose locker detached abgefallen "
    "abgegangen "
    "off geloest ab fixed fixiert befestigt replaced ersetzt erneuert changed gewechselt getauscht wechsel removed "
    "entfernt attached angebracht angelegt applied adjusted nachgebessert korrigiert corrected reattached gel added "
    "paste "
    "nachgegelt regel impedance impedances impedanz impedanzen widerstand uebergangswiderstand impedanzmessung "
    "impedanzkontrolle cable cables kabel wackelkontakt bridge bridged bruecke saturated saturation uebersteuert "
    "uebersteuerung clipping drift baselinedrift grundlinie wander wandering schwankung pop pops sprung popping flat "
    "flatline flach noisy verrauscht rauschen gestoert stoerung stoerungen interference interferenz mains powerline "
    "line netz netzbrummen brummen netzstoerung hum hz50 ecg ekg ekgartefakt puls pulse pulsartefakt pulsation "
    "pulswelle ballistocardiogram bcg cardioballistic gradient scanner mri fmri mrt tms tdcs pacemaker schrittmacher "
    "pump pumpe ventilator beatmung device geraet equipment machine bed bett door tuer phone telefon mobile handy "
    "alarm "
    "amplifier verstaerker disconnected connected verbunden getrennt angeschlossen switch umschaltung battery batterie "
    "technician patient proband proband subject participant nurse doctor staff personal person enters leaves room raum "
    "zimmer kommt geht blood pressure blutdruck blutdruckmessung medication medikament medikation given gegeben "
    "injection injektion dose dosis oxygen sauerstoff suction absaugen";

constexpr std::string_view setup_words =
    "montage bipolar unipolar monopolar referential referenz reference ref average mittelwert mittlere common "
    "laplacian "
    "longitudinal transversal transverse quer laengs double banana filter filters highpass lowpass bandpass notch "
    "notchfilter hochpass tiefpass bandpassfilter hp lp hf lf bp tc constant zeitkonstante sensitivity empfindlichkeit "
    "verstaerkung gain scale paper speed papiergeschwindigkeit sampling rate abtastrate channel channels kanal kanaele "
    "setting settings einstellung einstellungen change aenderung geaendert display anzeige video audio on off ein "
    "aus eingeschaltet ausgeschaltet dc ac none keiner linear butterworth order fir iir "
    "left right links rechts li re bds anterior posterior frontal temporal parietal occipital okzipital zentral "
    "central "
    "fronto frontopolar centro temporo parieto frontotemporal temporoparietal parietooccipital parietookzipital "
    "frontozentral hemisphere hemisphaere hemisphaeren lateralised linksseitig rechtsseitig beidseitig ubiquitaer "
    "region "
    "regional upper lower obere untere oben unten inner outer middle mitte";

constexpr std::string_view ecg_words =
    "lead leads rhythm sinus sinusrhythmus sinustachykardie sinusbradykardie tachycardia tachykardie bradycardia "
    "bradykardie arrhythmia arrhythmie fibrillation flutter vorhofflimmern vorhofflattern kammerflimmern "
    "kammerflattern "
    "atrial ventricular ventrikulaer ventrikulaere supraventricular supraventrikulaer supraventrikulaere junctional "
    "nodal extrasystole extrasystolen extrasystolie ves sves pvc pvcs pac pacs premature beat beats contraction "
    "contractions schlag schlaege bigeminy bigeminus trigeminy trigeminus couplet couplets paar salve salven run runs "
    "av sa block grades grad degree bundle branch schenkelblock rechtsschenkelblock linksschenkelblock lbbb rbbb "
    "hemiblock wpw asystole asystolie sinuspause escape ersatzrhythmus idioventricular paced pacing "
    "schrittmacherrhythmus ischemia ischaemia ischaemie infarction infarkt elevation depression hebung senkung st qrs "
    "qt "
    "pr rr heart herz herzfrequenz herzschlag palpitation palpitations palpitationen herzklopfen herzstolpern "
    "dizziness "
    "dizzy schwindel syncope synkope chest brust brustschmerz dyspnea dyspnoea dyspnoe atemnot nausea uebelkeit "
    "exercise "
    "belastung ergometry ergometrie erholung recovery walking gehen laufen treppe stairs treppensteigen climbing "
    "running "
    "cycling resting valsalva carotid massage deep breathing breath breathes breathe tiefes tief atmen atmet "
    "atemanhalten "
    "anhalten holding hold inspiration expiration einatmen ausatmen inhale exhale tilt table kipptisch "
    "nsr afib afl svta vt vf sbr nod prex ivr bii pvc lown adenosine adenosin shock schock defibrillation "
    "cardioversion "
    "kardioversion symptom symptoms symptome beschwerden beschwerdefrei";

constexpr std::string_view channel_words =
    "eeg ecg ekg emg eog eogl eogr eogv eogh heog veog ieog meg seeg ecog nirs eda gsr ppg pleth plethysmogram resp "
    "respiratory atem atmung nasal nasaler oronasal oro oral flow airflow fluss thermistor thermistor cannula kanuele "
    "druck "
    "abdomen abdominal abd thorax thoracic thorakal thor effort belt gurt band sao2 spo2 etco2 co2 o2 osat sat "
    "saettigung "
    "saturation position body temp temperature temperatur rectal light microphone mic mikrofon chin kinn submental "
    "mentalis tib tibialis ant leg lleg rleg masseter deltoid horizontal vertical vert hor diff differential acc "
    "accelerometer gyro gyroscope accx accy accz battery trigger status annotations din aux ext gnd ground erde bip "
    "sync "
    "i ii iii avr avl avf avrneg v vx vy vz x y z ml mli mlii mliii mv1 mv2 mv5 cm1 cm2 cm4 cm5 cc5 cs12 ecg1 ecg2 d3 "
    "d4 "
    "val e ecgi ecgii ecgiii rhythm modified limb precordial brustwand extremitaeten l art abp cvp pap icp bp nibp "
    "signal channel ch ref avg le mon common lin linked ears ear ohr ohren mastoid mastoids verbunden m am lm rm loc "
    "roc "
    "eogu eogo lo ro io so snore schnarchmikrofon pulse heartrate hr puls rate sum summe cpap pressure leak leck stage "
    "disc3 disc4 disc5 pos spare unused frei marker event";

constexpr std::string_view hardware_words =
    "ag agcl agagcl silver silber chloride silberchlorid gold cup cups napf napfelektrode napfelektroden disc disk "
    "disposable "
    "einmal einmalelektrode klebeelektrode adhesive needle nadel nadelelektrode active passive aktiv aktive passiv "
    "electrode electrodes elektrode elektroden wet dry trocken nass tin zinn sintered gesintert platinum platin steel "
    "cap haube elektrodenhaube electrocap triggers and status sensor piezo inductive induktiv rip strain gauge "
    "dehnungsstreifen thermocouple thermistor optical optisch oximeter pulsoximeter pulse probe sensor unknown "
    "electret textile textil carbon metal metall sponge schwamm saline";

constexpr std::string_view unit_words =
    "hz khz mhz w watt s sec secs sek ms us min h std v mv uv nv ohm ohms kohm mohm kiloohm percent prozent mm cm mmhg "
    "bpm "
    "mvs uvs db degc degf celsius hpa kpa cmh2o ml l kg";

std::string_view next_word(std::string_view& rest) {
    const std::size_t from = rest.find_first_not_of(' ');
    if (from == std::string_view::npos) {
        rest = {};
        return {};
    }
    const std::size_t end = std::min(rest.find(' ', from), rest.size());
    const std::string_view word = rest.substr(from, end - from);
    rest.remove_prefix(end);
    return word;
}

void add_words(std::unordered_set<std::string>& out, std::string_view words) {
    for (std::string_view word = next_word(words); !word.empty(); word = next_word(words)) {
        out.emplace(word);
    }
}

/// Electrodes of the 10-5 system and its older names, high-density caps, limb and chest leads.
void add_electrodes(std::unordered_set<std::string>& out) {
    for (const char* const row :
         {"fp",  "af",  "f",    "ft",  "fc",  "t",   "c",   "tp",  "cp",  "p",   "po",  "o",  "i",  "afp",
          "aff", "ffc", "ffte", "fcc", "ftt", "ccp", "ttp", "cpp", "tpp", "ppo", "poo", "oi", "sp", "n"}) {
        out.insert(std::string(row) + "z");
        for (int k = 1; k <= 10; ++k) {
            out.insert(row + std::to_string(k));
            out.insert(row + std::to_string(k) + "h");
        }
        out.insert(std::string(row) + "pz");
    }
    for (const char* const more : {"a1", "a2", "m1", "m2", "pg1", "pg2", "cb1", "cb2", "nz", "iz", "vpg1", "vpg2"}) {
        out.emplace(more);
    }
    for (char letter = 'a'; letter <= 'h'; ++letter) {
        for (int k = 1; k <= 32; ++k) {
            out.insert(letter + std::to_string(k));
        }
    }
    for (int k = 1; k <= 256; ++k) {
        out.insert("e" + std::to_string(k));
    }
    for (const char* const stem :
         {"ecg",     "ekg",  "emg",    "eog",   "eeg",   "exg",   "resp",  "acc",  "aux",   "ch", "dc",
          "x",       "bip",  "ref",    "v",     "leg",   "gsr",   "erg",   "temp", "plet",  "hv", "event",
          "trigger", "stim", "marker", "flash", "block", "trial", "photo", "din",  "stage", "s",  "r"}) {
        for (int k = 0; k <= 99; ++k) {
            out.insert(stem + std::to_string(k));
            if (k < 10) {
                out.insert(stem + std::string("0") + std::to_string(k));
            }
        }
    }
    for (int k = 1; k <= 9; ++k) {
        out.insert("v" + std::to_string(k) + "r");
    }
}

const std::unordered_set<std::string>& vocabulary() {
    static const auto words = [] {
        std::unordered_set<std::string> out;
        for (const std::string_view list : {function_words, time_words, sleep_words, eeg_words, artefact_words,
                                            setup_words, ecg_words, channel_words, hardware_words, unit_words}) {
            add_words(out, list);
        }
        add_electrodes(out);
        return out;
    }();
    return words;
}

const std::unordered_set<std::string>& units() {
    static const auto words = [] {
        std::unordered_set<std::string> out;
        add_words(out, unit_words);
        return out;
    }();
    return words;
}

/// What may stand between words. Line breaks, backslashes, braces and at signs may not.
constexpr bool is_separator(char32_t c) {
    constexpr std::u32string_view allowed = U" \t,.;:/()[]-+%=_'?!<>#&*~|\"\u00b0\u00b1\u2013\u2026";
    return allowed.find(c) != std::u32string_view::npos;
}

enum class Kind { word, number, percent, separator };
struct Token {
    Kind kind;
    std::u32string text;
};

/// Words and numbers; a number in front of letters ("10Hz") is apart from them. Empty where a character is none of
/// those that may stand.
std::optional<std::vector<Token>> tokens_of(std::u32string_view text) {
    std::vector<Token> out;
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = at;
        if (is_digit(text[at])) {
            while (at < text.size() && (is_digit(text[at]) || ((text[at] == U'.' || text[at] == U',') &&
                                                               at + 1 < text.size() && is_digit(text[at + 1])))) {
                ++at;
            }
            out.push_back({Kind::number, std::u32string(text.substr(from, at - from))});
        } else if (is_letter(text[at]) || text[at] == 0x2126) {
            while (at < text.size() && (is_letter(text[at]) || is_digit(text[at]) || text[at] == 0x2126)) {
                ++at;
            }
            out.push_back({Kind::word, std::u32string(text.substr(from, at - from))});
        } else if (text[at] == U'%') {
            out.push_back({Kind::percent, U"%"});
            ++at;
        } else if (is_separator(text[at])) {
            // Numbers are joined by nothing but a blank: "12-34" or "10:11" is no list of small numbers.
            out.push_back({Kind::separator, std::u32string(1, text[at])});
            ++at;
        } else {
            return std::nullopt;
        }
    }
    return out;
}

struct Number {
    std::size_t digits_before = 0, digits_after = 0, points = 0;
};

Number measure(std::u32string_view text) {
    Number number;
    for (const char32_t c : text) {
        if (!is_digit(c)) {
            ++number.points;
        } else if (number.points == 0) {
            ++number.digits_before;
        } else {
            ++number.digits_after;
        }
    }
    return number;
}

/// A word of the vocabulary, one with a German ending, or two joined as German joins them ("Elektrodenartefakt",
/// "Anfallsbeginn").
bool is_known(const std::string& folded, const WordFilter& may_stay) {
    const auto known = [&](const std::string& word) {
        return vocabulary().contains(word) && (!may_stay || may_stay(word));
    };
    const auto with_ending = [&](const std::string& word) {
        if (known(word)) {
            return true;
        }
        constexpr std::size_t shortest_stem = 5;
        for (const std::string_view ending : {"e", "n", "s", "er", "es", "en", "em"}) {
            if (word.size() >= shortest_stem + ending.size() && word.ends_with(ending) &&
                known(word.substr(0, word.size() - ending.size()))) {
                return true;
            }
        }
        return false;
    };
    if (may_stay && !may_stay(folded)) {
        return false;
    }
    if (with_ending(folded)) {
        return true;
    }
    constexpr std::size_t shortest_part = 4;
    for (std::size_t at = shortest_part; at + shortest_part <= folded.size(); ++at) {
        const std::string first = folded.substr(0, at);
        const bool joined = known(first) || ((first.ends_with('s') || first.ends_with('n')) &&
                                             first.size() > shortest_part && known(first.substr(0, first.size() - 1)));
        if (joined && with_ending(folded.substr(at))) {
            return true;
        }
    }
    return false;
}

bool word_may_stay(std::u32string_view word, const WordFilter& may_stay) {
    return is_known(fold_key(word), may_stay);
}

bool is_separator_token(const std::vector<Token>& tokens, std::size_t at, std::u32string_view which) {
    return at < tokens.size() && tokens[at].kind == Kind::separator &&
           which.find(tokens[at].text) != std::u32string_view::npos;
}

/// A unit behind the number: "5 Hz", "10Hz", "20/s", "50 %"; in a range or pair ("9-10/s", "120/80 mmHg") behind its
/// end.
bool has_unit(const std::vector<Token>& tokens, std::size_t at) {
    std::size_t next = at + 1;
    if (is_separator_token(tokens, next, U"-/") && next + 1 < tokens.size() && tokens[next + 1].kind == Kind::number &&
        tokens[at].text.size() <= 3 && tokens[next + 1].text.size() <= 3) {
        next += 2;
    }
    if (is_separator_token(tokens, next, U" /")) {
        ++next;
    }
    return next < tokens.size() && (tokens[next].kind == Kind::percent ||
                                    (tokens[next].kind == Kind::word && units().contains(fold_key(tokens[next].text))));
}

/// A number right before or behind another with one separator between: a time of day, a date, part of a telephone
/// number.
bool joins_number(const std::vector<Token>& tokens, std::size_t at) {
    const auto number_at = [&](std::size_t i) { return i < tokens.size() && tokens[i].kind == Kind::number; };
    return (at >= 2 && tokens[at - 1].kind == Kind::separator && number_at(at - 2)) ||
           (at + 1 < tokens.size() && tokens[at + 1].kind == Kind::separator && number_at(at + 2));
}

constexpr std::size_t longest_text = 200;

}  // namespace

bool is_vocabulary_word(std::string_view word) {
    return is_known(fold_key(decode_text(word)), {});
}

std::optional<std::string> admitted_text(std::string_view text, const WordFilter& may_stay) {
    const std::u32string composed = compose(decode_text(text));
    if (composed.size() > longest_text) {
        return std::nullopt;
    }
    const auto tokens = tokens_of(composed);
    if (!tokens) {
        return std::nullopt;
    }
    // A code of a trigger: a number of up to three digits alone.
    const bool is_code = !composed.empty() && composed.size() <= 3 && std::ranges::all_of(composed, is_digit);
    std::size_t words = 0, numbers = 0;
    for (std::size_t i = 0; i < tokens->size(); ++i) {
        const Token& token = (*tokens)[i];
        if (token.kind == Kind::word) {
            if (!word_may_stay(token.text, may_stay)) {
                return std::nullopt;
            }
            ++words;
        } else if (token.kind == Kind::number) {
            const Number number = measure(token.text);
            const bool unit = has_unit(*tokens, i);
            const bool fits = is_code || (number.points <= 1 && number.digits_before <= (unit ? 4U : 2U) &&
                                          number.digits_after <= (unit ? 4U : 2U));
            if (!fits || ++numbers > 4 || (joins_number(*tokens, i) && !unit)) {
                return std::nullopt;
            }
            if (may_stay && !may_stay(encode_utf8(token.text))) {
                return std::nullopt;
            }
        }
    }
    if (words == 0 && numbers > 1) {
        return std::nullopt;
    }
    return encode_utf8(composed);
}

std::optional<std::string> admitted_aux(std::string_view aux, const WordFilter& may_stay) {
    constexpr std::array<std::string_view, 26> rhythms = {
        "(AB", "(AFIB", "(AFL",  "(ASYS", "(B",   "(BI",   "(BII", "(HGEA", "(IVR", "(J",   "(N",    "(NOD", "(NSR",
        "(P",  "(PM",   "(PREX", "(SAB",  "(SBR", "(SVTA", "(T",   "(VER",  "(VF",  "(VFL", "(VFIB", "(VT",  "(BIII"};
    constexpr std::array<std::string_view, 6> notes = {"MISSB", "PSE", "TS", "U", "TU", "MM"};
    while (!aux.empty() && (aux.back() == '\0' || aux.back() == ' ')) {
        aux.remove_suffix(1);
    }
    if (std::ranges::find(rhythms, aux) != rhythms.end() || std::ranges::find(notes, aux) != notes.end()) {
        return std::string(aux);
    }
    // Changes of ST and T: "(ST0+", "AST1-200", "ST0+)", "(rtST1-" ...
    std::string_view change = aux;
    for (const std::string_view lead : {"(rt", "(", "a", "A"}) {
        if (change.starts_with(lead)) {
            change.remove_prefix(lead.size());
            break;
        }
    }
    if (change.starts_with("ST") || change.starts_with('T')) {
        change.remove_prefix(change.starts_with("ST") ? 2 : 1);
        if (change.ends_with(')')) {
            change.remove_suffix(1);
        }
        const auto only = [](std::string_view text, std::string_view set) {
            return text.find_first_not_of(set) == std::string_view::npos;
        };
        const std::size_t sign = change.find_first_of("+-");
        if (sign <= 2 && only(change.substr(0, sign), "0123") && change.size() - sign <= 6 &&
            only(change.substr(sign + 1), "+-0123456789")) {
            return std::string(aux);
        }
    }
    return admitted_text(aux, may_stay);
}

std::string admitted_unit(std::string_view unit) {
    static const std::unordered_map<std::string, std::string> spellings = [] {
        std::unordered_map<std::string, std::string> out;
        for (const char* const known :
             {"V",    "mV",   "uV",    "nV",     "Hz",  "kHz",   "s",    "ms",   "us",        "min",   "h",    "Ohm",
              "kOhm", "MOhm", "%",     "mmHg",   "bpm", "dB",    "degC", "degF", "C",         "hPa",   "kPa",  "cmH2O",
              "l",    "ml",   "l/min", "ml/min", "l/s", "1/min", "g",    "mg",   "m/s2",      "uS",    "nA",   "uA",
              "mA",   "T",    "fT",    "pT",     "adu", "au",    "a.u.", "NU",   "Boolean",   "-",     "1",    "deg",
              "rad",  "lux",  "K",     "mm",     "cm",  "m",     "Pa",   "uV2",  "arbitrary", "mol/l", "ratio"}) {
            out.emplace(fold_key(decode_text(known)), known);
        }
        return out;
    }();
    // Case tells milli from mega: only what is spelled as the field does keeps its meaning.
    std::u32string composed = compose(decode_text(unit));
    std::ranges::replace(composed, U'\u00b5', U'u');
    std::ranges::replace(composed, U'\u03bc', U'u');
    if (composed == U"\u00b0C" || composed == U"\u00b0") {
        return composed.size() == 2 ? "degC" : "deg";
    }
    const std::string plain = encode_utf8(composed);
    const auto found = spellings.find(fold_key(composed));
    if (found == spellings.end()) {
        return {};
    }
    constexpr std::string_view case_matters = "mMuUnNkKpPfF";
    const bool prefix = plain.size() > 1 && case_matters.find(plain.front()) != std::string_view::npos;
    return prefix && plain.front() != found->second.front() ? plain : found->second;
}

bool is_snomed_concept(std::string_view digits) {
    if (digits.size() < 6 || digits.size() > 18 ||
        !std::ranges::all_of(digits, [](char c) { return c >= '0' && c <= '9'; })) {
        return false;
    }
    const std::string_view partition = digits.substr(digits.size() - 3, 2);
    if (partition != "00" && partition != "10") {
        return false;
    }
    // Verhoeff 1969: the dihedral group of order 10, and a permutation that is applied again at every place.
    const auto product = [](int a, int b) {
        if (a < 5) {
            return b < 5 ? (a + b) % 5 : 5 + (a + b) % 5;
        }
        return b < 5 ? 5 + (a - b) % 5 : (a - b + 5) % 5;
    };
    constexpr std::array<int, 10> permutation = {1, 5, 7, 6, 2, 8, 3, 0, 9, 4};
    int check = 0;
    for (std::size_t place = 0; place < digits.size(); ++place) {
        int digit = digits[digits.size() - 1 - place] - '0';
        for (std::size_t k = 0; k < place % 8; ++k) {
            digit = permutation[static_cast<std::size_t>(digit)];
        }
        check = product(check, digit);
    }
    return check == 0;
}

}  // namespace biopotential::inline v0::trust
